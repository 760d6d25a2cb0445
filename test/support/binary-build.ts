import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const BINARY = join(ROOT, "dist/posthorn");
const SOURCES = ["src", "scripts/build", "package.json", "bun.lock"];
const builds = new Map<string, Promise<string>>();

/** The path of `dist/posthorn`, built by `scripts/build` first when anything that it is made of is newer; at most once a run. */
export function builtBinary(): Promise<string> {
  const build = builds.get(BINARY) ?? buildWhenStale();
  builds.set(BINARY, build);
  return build;
}

async function buildWhenStale(): Promise<string> {
  const newestMs = Math.max(...SOURCES.map((path) => changedAt(join(ROOT, path))));
  if (existsSync(BINARY) && statSync(BINARY).mtimeMs > newestMs) return BINARY;
  const build = Bun.spawn([join(ROOT, "scripts/build")], { stdout: "ignore", stderr: "pipe" });
  const [exitCode, error] = await Promise.all([build.exited, new Response(build.stderr).text()]);
  if (exitCode !== 0) throw new Error(`scripts/build failed:\n${error}`);
  return BINARY;
}

/** A directory changes when a file comes or goes. */
function changedAt(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}
