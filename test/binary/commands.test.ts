import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { freePort } from "../support/free-port.ts";
import { emptyPlace } from "../support/place.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** One sentence on one line, never a stack. */
const SENTENCE = /^[^\n]+\.\n$/;

test("--version prints the package's version, and the commit that it was built from where that is known", async () => {
  using place = emptyPlace();
  const { exitCode, out, error } = await runBinary(["--version"], { place });
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  expect(out).toMatch(new RegExp(`^${version.replaceAll(".", "\\.")}(\\+[0-9a-f]{7,})?$`));
});

test.each([[["--help"]], [["help"]], [[]]])("help is printed for the arguments %j", async (args) => {
  using place = emptyPlace();
  const { exitCode, out, error } = await runBinary(args, { place });
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  for (const word of ["serve", "config", "healthcheck", "POSTHORN_RETRY_SCHEDULE, --retry-schedule"]) {
    expect(out).toContain(word);
  }
});

test.each([
  [["srve"], '"srve" is not a command. Did you mean "serve"?'],
  [["serve", "--prot=1"], "--prot is not a flag. Did you mean --port?"],
  [["serve", "--admin-key=x"], "--admin-key would show a secret to every user of this machine"],
])("%j is a mistake in the command", async (args, sentence) => {
  using place = emptyPlace();
  const { exitCode, out, error } = await runBinary(args, { place });
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(error).toContain(sentence);
  expect(existsSync(place.dataDir)).toBe(false);
});

test("every bad setting is told at once, each with what it must be", async () => {
  using place = emptyPlace();
  const env = { POSTHORN_TIMEOUT: "soon", POSTHORN_PORT: "70000", POSTHORN_ALLOW_PRIVATE_CIDRS: "10.0.0.0/33" };
  const { exitCode, out, error } = await runBinary(["serve"], { place, env });
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  for (const name of Object.keys(env)) expect(error).toContain(`${name} must be `);
  expect(existsSync(place.dataDir)).toBe(false);
});

describe("config", () => {
  test("prints every value with where it came from, and no secret", async () => {
    using place = emptyPlace();
    const key = "an-admin-key-of-more-than-32-characters";
    writeFileSync(join(place.path, "schedule"), "5s,1m\n");
    const env = { POSTHORN_ADMIN_KEY: key, POSTHORN_RETRY_SCHEDULE_FILE: join(place.path, "schedule") };
    const { exitCode, out, error } = await runBinary(["config", "--timeout=10s"], { place, env });
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
    const rows = new Map(out.split("\n").map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/).slice(1)]));
    expect(rows.get("POSTHORN_ADMIN_KEY")).toEqual(["***", "POSTHORN_ADMIN_KEY"]);
    expect(rows.get("POSTHORN_RETRY_SCHEDULE")).toEqual(["5s,1m", "POSTHORN_RETRY_SCHEDULE_FILE"]);
    expect(rows.get("POSTHORN_TIMEOUT")).toEqual(["10s", "--timeout"]);
    expect(rows.get("POSTHORN_PORT")).toEqual(["8787", "default"]);
    expect(out).not.toContain(key);
  });

  test("warns of a name that is no setting", async () => {
    using place = emptyPlace();
    const { exitCode, error } = await runBinary(["config"], { place, env: { POSTHORN_PROT: "1" } });
    expect(exitCode).toBe(0);
    expect(error).toBe("POSTHORN_PROT is not a setting. Did you mean POSTHORN_PORT?\n");
  });

  test("comes from the environment and the flags alone: no .env and no bunfig.toml is read from where it is started", async () => {
    using place = emptyPlace();
    writeFileSync(join(place.path, ".env"), "POSTHORN_PORT=1\n");
    writeFileSync(join(place.path, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
    writeFileSync(join(place.path, "preload.ts"), 'await Bun.write("preloaded", "");\n');
    const { exitCode, out } = await runBinary(["config"], { place });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^POSTHORN_PORT +8787 +default$/m);
    expect(existsSync(join(place.path, "preloaded"))).toBe(false);
  });
});

describe("healthcheck", () => {
  test("is 0 beside a server that is alive", async () => {
    using place = emptyPlace();
    await using posthorn = await startBinary(place);
    const env = { POSTHORN_PORT: new URL(posthorn.url).port };
    expect(await runBinary(["healthcheck"], { place, env })).toEqual({ exitCode: 0, out: "", error: "" });
  });

  test("is 1 when nothing answers", async () => {
    using place = emptyPlace();
    const env = { POSTHORN_PORT: String(await freePort()) };
    const end = await runBinary(["healthcheck"], { place, env });
    expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
  });

  test("is 2 when nobody can know the port", async () => {
    using place = emptyPlace();
    const end = await runBinary(["healthcheck"], { place, env: { POSTHORN_PORT: "0" } });
    expect(end).toEqual({ exitCode: 2, out: "", error: expect.stringMatching(SENTENCE) });
  });
});
