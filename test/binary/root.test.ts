import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseSealingKey, sealingKeyId } from "../../src/domain/sealing-key.ts";
import { runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startProgram } from "../support/program.ts";

/** A user of the tests' own. */
const OWNER = 12_345;
const isRoot = process.getuid?.() === 0;
const SENTENCE = /^[^\n]+\.\n$/;
const KEY = { POSTHORN_SECRET_KEY: "0a".repeat(32) };

/** Where the owner can run the binary from, wherever this checkout lies. */
const open = emptyPlace();
const binary = join(open.path, "posthorn");
afterAll(() => open[Symbol.dispose]());
beforeAll(async () => {
  chmodSync(open.path, 0o755);
  copyFileSync(await builtBinary(), binary);
  chmodSync(binary, 0o755);
}, 120_000);

describe.skipIf(!isRoot)("root in a data directory that is another user's (needs root)", () => {
  test("rotates the key, restores and serves so that its owner can serve it", async () => {
    using place = ownedPlace();
    const webhook = await servedByOwner(place);
    expect((await runBinary(["backup", "made"], { place })).exitCode).toBe(0);
    expect(await runBinary(["rotate-secret-key"], { place })).toMatchObject({ exitCode: 0, error: "" });
    expectOwned(place);
    expect(await runBinary(["restore", "made"], { place })).toMatchObject({ exitCode: 0, error: "" });
    expectOwned(place);
    expect(statSync(join(place.path, "made")).uid).toBe(0);
    expect((await runBinary(["backup", "data/made"], { place })).exitCode).toBe(0);
    expect(statSync(join(place.dataDir, "made")).uid).toBe(OWNER);
    await servedByRoot(place);
    expectOwned(place);
    await using posthorn = await startAsOwner(place);
    expect((await posthorn.api<readonly { id: string }[]>("GET", "/api/webhooks")).data).toMatchObject([
      { id: webhook },
    ]);
  }, 15_000);

  test("restores into one that it makes, which is then its parent's owner's", async () => {
    using place = ownedPlace();
    await servedByOwner(place, KEY);
    expect((await runBinary(["backup", "made"], { place })).exitCode).toBe(0);
    const home = join(place.path, "home");
    mkdirSync(home);
    chownSync(home, OWNER, OWNER);
    const end = await runBinary(["restore", "--data-dir=home/data", "made"], { place, env: KEY });
    expect(end).toMatchObject({ exitCode: 0, error: "" });
    expectOwned({ ...place, dataDir: join(home, "data") });
  });

  test.each(["serve", "rotate-secret-key", "restore made"])(
    "%s follows no link that its owner planted",
    async (words) => {
      using place = ownedPlace();
      await servedByOwner(place);
      expect((await runBinary(["backup", "made"], { place })).exitCode).toBe(0);
      const theirs = join(place.path, "private");
      mkdirSync(theirs, { mode: 0o700 });
      writeFileSync(join(theirs, "there"), "root's\n", { mode: 0o600 });
      for (const target of ["there", "missing"]) {
        for (const name of namesMadeIn(place)) await withLink(place, name, join(theirs, target), words.split(" "));
      }
      expect(readdirSync(theirs)).toEqual(["there"]);
      expect(readFileSync(join(theirs, "there"), "utf8")).toBe("root's\n");
      const { uid, mode } = statSync(join(theirs, "there"));
      expect([uid, mode & 0o777]).toEqual([0, 0o600]);
    },
    30_000,
  );

  test("copies nothing into it that is no backup, though root can read it", async () => {
    using place = ownedPlace();
    const secret = join(place.path, "secret");
    writeFileSync(secret, "root's\n".repeat(1_000), { mode: 0o600 });
    symlinkSync(secret, join(place.dataDir, "backup.db"));
    const end = await runBinary(["restore", "data/backup.db"], { place });
    expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringContaining("is not a Posthorn database") });
    expect(readdirSync(place.dataDir)).toEqual(["backup.db"]);
  });

  test.each(["serve", "rotate-secret-key", "restore made"])(
    "%s is refused where root may not become that user",
    async (words) => {
      using place = ownedPlace();
      await servedByOwner(place);
      expect((await runBinary(["backup", "made"], { place })).exitCode).toBe(0);
      const confined = ["/usr/bin/setpriv", "--bounding-set=-setuid,-setgid", binary, ...words.split(" ")];
      const end = await startProgram(confined, { env: {}, cwd: place.path }).ended;
      expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
      expect(end.error).toContain(`belongs to the user ${OWNER}, and root may not become that user here`);
    },
  );
});

test.skipIf(!isRoot)("root works in no directory of its own in which everybody may write (needs root)", async () => {
  using place = emptyPlace();
  mkdirSync(place.dataDir);
  chmodSync(place.dataDir, 0o777);
  const end = await runBinary(["serve"], { place });
  expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
  expect(end.error).toContain("`chmod o-w` it first");
});

test.skipIf(!isRoot)("a key file that is another user's is told, with who has to own it (needs root)", async () => {
  using place = ownedPlace();
  await servedByOwner(place);
  chownSync(join(place.dataDir, "secret.key"), 0, 0);
  const end = await startProgram(asOwner("serve"), { env: {}, cwd: place.path }).ended;
  expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
  expect(end.error).toContain("secret.key cannot be read by this user: `chown` it to the user that Posthorn runs as");
});

test.skipIf(!isRoot).each(["serve", "rotate-secret-key", "restore made"])(
  "%s refuses a data directory that is a file or cannot be entered, in a sentence (needs root)",
  async (words) => {
    using place = ownedPlace();
    await servedByOwner(place);
    expect((await runBinary(["backup", "made"], { place })).exitCode).toBe(0);
    writeFileSync(join(place.path, "file"), "");
    chmodSync(place.dataDir, 0);
    for (const path of ["file", "data"]) {
      const end = await runBinary([...words.split(" "), "--data-dir", path], { place });
      expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
      expect(end.error).toContain(join(place.path, path));
    }
  },
);

/** With a data directory of the owner's. */
function ownedPlace(): Place {
  const place = emptyPlace();
  chmodSync(place.path, 0o755);
  mkdirSync(place.dataDir, { mode: 0o700 });
  chownSync(place.dataDir, OWNER, OWNER);
  return place;
}

function asOwner(...words: readonly string[]): readonly string[] {
  return ["/usr/bin/setpriv", `--reuid=${OWNER}`, `--regid=${OWNER}`, "--clear-groups", binary, ...words];
}

function startAsOwner(place: Place, env: Readonly<Record<string, string>> = {}) {
  return startBinary(place, env, asOwner("serve"));
}

async function servedByOwner(place: Place, env: Readonly<Record<string, string>> = {}): Promise<string> {
  await using posthorn = await startAsOwner(place, env);
  const webhook = { url: "https://receiver.example/hook", events: ["*"] };
  const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
  return data.id;
}

/** Every thread of it is the owner's. */
async function servedByRoot(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  const tasks = `/proc/${posthorn.pid}/task`;
  const users = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/status`, "utf8"));
  const user = new RegExp(`^Uid:(\\t${OWNER}){4}\nGid:(\\t${OWNER}){4}$`, "m");
  for (const status of users) expect(status).toMatch(user);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
}

/** What a start, a restore or a rotation may write, the key in use as an earlier one first. */
function namesMadeIn({ dataDir }: Place): readonly string[] {
  const key = parseSealingKey(readFileSync(join(dataDir, "secret.key"), "utf8").trim());
  const retired = `secret.key.${sealingKeyId(key ?? new Uint8Array())}`;
  return [retired, "secret.key.next", "admin.key", "posthorn.db.restoring", "posthorn.db-journal", "posthorn.lock"];
}

/** Runs the command, whatever comes of it, with a link in that place. */
async function withLink(place: Place, name: string, target: string, words: readonly string[]): Promise<void> {
  const path = join(place.dataDir, name);
  rmSync(path, { force: true });
  symlinkSync(target, path);
  await using program = startProgram([binary, ...words], { env: { POSTHORN_PORT: "0" }, cwd: place.path });
  await Promise.race([program.ended, ...(words[0] === "serve" ? [program.logged("Posthorn is listening")] : [])]);
  program.signal("SIGTERM");
  await program.ended;
  rmSync(path, { force: true });
}

function expectOwned({ dataDir }: Pick<Place, "dataDir">): void {
  const files = readdirSync(dataDir).map((name) => ({ name, ...lstatSync(join(dataDir, name)) }));
  const others = files.filter(({ uid, gid, mode }) => uid !== OWNER || gid !== OWNER || (mode & 0o077) !== 0);
  expect(others.map(({ name }) => name)).toEqual([]);
  expect(existsSync(join(dataDir, "posthorn.db"))).toBe(true);
}
