import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyPlace } from "../support/place.ts";

const ROOT = join(import.meta.dir, "../..");
const SUITES = "test/torture";
const COPIED = ["src", "scripts", "package.json", "bun.lock"];
/** Each of them is a program of its own inside the binary. */
const HOOKED = ["src/main.ts", "src/store/sqlite/writer-worker.ts"];

/** A binary that is not the product: something of it was changed for a test. */
export interface HookedBuild extends Disposable {
  readonly path: string;
}

/**
 * Builds a copy of the sources, by its own `scripts/build`, in which one file comes before everything else.
 *
 * @param hooks the file, of this directory
 */
export async function buildWith(hooks: "crash-points.ts" | "lax-commits.ts"): Promise<HookedBuild> {
  const place = emptyPlace();
  const hooksPath = join(place.path, SUITES, hooks);
  for (const path of [...COPIED, join(SUITES, hooks)]) {
    cpSync(join(ROOT, path), join(place.path, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(place.path, "node_modules"));
  for (const path of HOOKED) {
    const file = join(place.path, path);
    writeFileSync(file, `import "${hooksPath}";\n${readFileSync(file, "utf8")}`);
  }
  const build = Bun.spawn([join(place.path, "scripts/build")], { stdout: "ignore", stderr: "pipe" });
  const [exitCode, error] = await Promise.all([build.exited, new Response(build.stderr).text()]);
  if (exitCode !== 0) throw new Error(`scripts/build failed:\n${error}`);
  return { path: join(place.path, "dist/posthorn"), [Symbol.dispose]: place[Symbol.dispose] };
}
