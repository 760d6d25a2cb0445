import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyPlace } from "../support/place.ts";

const ROOT = join(import.meta.dir, "../..");
const POINTS = relative(ROOT, fileURLToPath(new URL("./crash-points.ts", import.meta.url)));
const COPIED = ["src", "scripts", "package.json", "bun.lock", POINTS];
/** Each of them is a program of its own inside the binary. */
const HOOKED = ["src/main.ts", "src/store/sqlite/writer-worker.ts"];

/** A binary that dies where it is told. */
export interface CrashBuild extends Disposable {
  readonly path: string;
}

/** Builds a copy of the sources, by its own `scripts/build`, in which the crash points come before everything else. */
export async function buildWithCrashPoints(): Promise<CrashBuild> {
  const place = emptyPlace();
  for (const path of COPIED) cpSync(join(ROOT, path), join(place.path, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(place.path, "node_modules"));
  for (const path of HOOKED) {
    const file = join(place.path, path);
    writeFileSync(file, `import "${join(place.path, POINTS)}";\n${readFileSync(file, "utf8")}`);
  }
  const build = Bun.spawn([join(place.path, "scripts/build")], { stdout: "ignore", stderr: "pipe" });
  const [exitCode, error] = await Promise.all([build.exited, new Response(build.stderr).text()]);
  if (exitCode !== 0) throw new Error(`scripts/build failed:\n${error}`);
  return { path: join(place.path, "dist/posthorn"), [Symbol.dispose]: place[Symbol.dispose] };
}
