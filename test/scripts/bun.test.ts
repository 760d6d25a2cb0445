import { expect, test } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyPlace } from "../support/place.ts";
import { startProgram } from "../support/program.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const PATIENCE_MS = 30_000;

/** A fresh clone, in which `npx` is this shell script instead. */
interface Clone extends Disposable {
  readonly path: string;
  /** What `npx` wrote down. */
  said(): string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof startProgram>;
}

function clone(npx: string): Clone {
  const place = emptyPlace();
  const { path } = place;
  const tools = join(path, "tools");
  const said = join(path, "said");
  for (const directory of ["scripts", "tools"]) mkdirSync(join(path, directory));
  for (const file of ["scripts/bun", "package.json", "bun.lock"]) copyFileSync(join(ROOT, file), join(path, file));
  script(join(tools, "npx"), npx);
  return {
    path,
    said: () => (existsSync(said) ? readFileSync(said, "utf8") : ""),
    run: (args, env = {}) =>
      startProgram([join(path, "scripts/bun"), ...args], {
        env: { PATH: `${tools}:${process.env["PATH"]}`, ...env },
        timeoutMs: PATIENCE_MS,
      }),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

/** Puts a Bun in place that tells its version, and says what else it is asked. */
const INSTALL = `mkdir -p node_modules/.bin
printf '#!/bin/sh\\n[ "$1" = --version ] && echo ${process.versions.bun} || echo "ran $*"\\n' >node_modules/.bin/bun
chmod +x node_modules/.bin/bun`;

test("what is missing is installed once, and nothing the next time", async () => {
  using fresh = clone(`echo "$*" >>said\n${INSTALL}`);
  for (const _ of ["first", "second"]) {
    const { exitCode, out } = await fresh.run(["x.ts", "a b"]).ended;
    expect([exitCode, out]).toEqual([0, "ran --no-env-file x.ts a b"]);
  }
  expect(fresh.said()).toBe(`--yes bun@${process.versions.bun} install --frozen-lockfile\n`);
});

test("an installation that fails ends with one sentence that names what to check, and can be tried again", async () => {
  using fresh = clone('echo "npm error network" >&2\nexit 7');
  for (const _ of ["first", "second"]) {
    const { exitCode, out, error } = await fresh.run(["x.ts"]).ended;
    expect([exitCode, out]).toEqual([1, ""]);
    expect(error).toMatch(/npm error network\nPosthorn could not install .* check this machine's network .*\.\n$/);
  }
});

test("of two first starts at once one installs, and the other waits for it", async () => {
  using fresh = clone(`echo begun >>said\nuntil [ -e go ]; do /bin/sleep 0.1; done\n${INSTALL}`);
  script(join(fresh.path, "tools/sleep"), `touch ${fresh.path}/waiting; exec /bin/sleep 0.1`);
  await using first = fresh.run(["first.ts"]);
  await until("the first start installs", () => fresh.said() === "begun\n");
  await using second = fresh.run(["second.ts"]);
  await until("the second start waits", () => existsSync(join(fresh.path, "waiting")));
  writeFileSync(join(fresh.path, "go"), "");
  const ends = await Promise.all([first.ended, second.ended]);
  expect(ends.map(({ exitCode, out }) => [exitCode, out])).toEqual([
    [0, "ran --no-env-file first.ts"],
    [0, "ran --no-env-file second.ts"],
  ]);
  expect(fresh.said()).toBe("begun\n");
});

test("a start that was killed while it installed keeps nobody waiting", async () => {
  using fresh = clone(INSTALL);
  const gone = Bun.spawnSync(["true"]).pid;
  mkdirSync(join(fresh.path, "node_modules"));
  symlinkSync(String(gone), join(fresh.path, "node_modules/.installing"));
  expect((await fresh.run(["x.ts"]).ended).out).toBe("ran --no-env-file x.ts");
});

test("a start from the sources reads no .env and no bunfig.toml of where it is started, not even after its restart", async () => {
  using place = emptyPlace();
  writeFileSync(join(place.path, ".env"), "POSTHORN_TIMEOUT=never\n");
  writeFileSync(join(place.path, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  writeFileSync(join(place.path, "preload.ts"), 'await Bun.write("preloaded", "");\n');
  const env = { PATH: process.env["PATH"] ?? "", POSTHORN_PORT: "x" };
  const command = [join(ROOT, "scripts/start")];
  const { exitCode, error } = await startProgram(command, { env, cwd: place.path, timeoutMs: PATIENCE_MS }).ended;
  expect(exitCode).toBe(2);
  expect(error).toContain("POSTHORN_PORT must be");
  expect(error).not.toContain("POSTHORN_TIMEOUT");
  expect(existsSync(join(place.path, "preloaded"))).toBe(false);
});
