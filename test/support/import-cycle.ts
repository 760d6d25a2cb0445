/** A cycle among the files' imports, first and last file the same, or null. Imports of anything else are not followed. */
export function findCycle(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const finished = new Set<string>();
  for (const path of imports.keys()) {
    const cycle = follow(path, []);
    if (cycle !== null) return cycle;
  }
  return null;

  function follow(path: string, trail: readonly string[]): readonly string[] | null {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return null;
    for (const target of imports.get(path) ?? []) {
      const cycle = follow(target, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    finished.add(path);
    return null;
  }
}
