import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SOURCES = join(import.meta.dir, "../torture/shims");
const compiled = new Map<string, string>();

/** What stands between Posthorn and the system's own calls. */
export type ShimName = "recorder" | "faults" | "clock" | "names";

/** Why no shim can be used here, or null when they can. */
export function shimProblem(): string | null {
  if (process.platform !== "linux") return "needs Linux";
  return Bun.which("cc") === null ? "needs a C compiler and libc6-dev" : null;
}

/** The path of the shim for LD_PRELOAD, compiled by the first call and gone with this process. @throws what the compiler says */
export function compiledShim(name: ShimName): string {
  const path = compiled.get(name) ?? compile(name);
  compiled.set(name, path);
  return path;
}

function compile(name: ShimName): string {
  const directory = mkdtempSync(join(tmpdir(), "posthorn-shim-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, `${name}.so`);
  const options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", path];
  const { success, stderr } = Bun.spawnSync(["cc", ...options, join(SOURCES, `${name}.c`), "-ldl"]);
  if (!success) throw new Error(`${name}.c cannot be compiled:\n${stderr}`);
  return path;
}
