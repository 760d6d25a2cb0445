import { beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startProgram } from "../support/program.ts";
import { startReceiver } from "../support/receiver.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { smallDisk, smallDiskProblem } from "../support/small-disk.ts";
import { chosenSeed } from "../torture/suite.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const SECRET = "the secret of the webhook";
const HEADERS = { Authorization: "Bearer of-the-receiver" };
const OLD = { POSTHORN_SECRET_KEY: "0a".repeat(32) };
const NEW = { POSTHORN_SECRET_KEY: "0b".repeat(32) };

/** One sentence on one line, never a stack. */
const SENTENCE = /^[^\n]+\.\n$/;
const KILLS = 8;
const diskProblem = smallDiskProblem();

type Settings = Readonly<Record<string, string>>;

describe("rotate-secret-key", () => {
  test("changes the key of a stopped Posthorn, whose webhooks then sign and send as before", async () => {
    using place = emptyPlace();
    await using receiver = startReceiver();
    const webhook = await servedWith(place, `${receiver.origin}/hook`);
    const before = readFileSync(join(place.dataDir, "secret.key"), "utf8");
    const { exitCode, out, error } = await rotate(place);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
    const [, retired = ""] = /The key until now is (\S+):/.exec(out) ?? [];
    expect(readFileSync(retired, "utf8")).toBe(before);
    const after = readFileSync(join(place.dataDir, "secret.key"), "utf8");
    expect(after).not.toBe(before);
    expect(out).not.toContain(after.trim());

    await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
    expect(await secretOf(posthorn, webhook)).toBe(SECRET);
    await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
    const { headers, body } = await receiver.next("a delivery after the rotation");
    const timestamp = headers["x-smartcv-timestamp"];
    const signature = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["x-smartcv-signature"]).toBe(`sha256=${signature}`);
    expect(headers["authorization"]).toBe(HEADERS.Authorization);
  });

  test("is refused while Posthorn runs, which goes on undisturbed", async () => {
    using place = emptyPlace();
    await using posthorn = await startBinary(place);
    const files = filesOf(place);
    const end = await rotate(place);
    expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
    expect(end.error).toContain("Another Posthorn is using the data directory");
    expect(keysIn(filesOf(place))).toEqual(keysIn(files));
    expect((await posthorn.api("GET", "/api/webhooks")).status).toBe(200);
  });

  test(`killed by kill -9 at ${KILLS} moments of it, leaves a directory that starts with nothing lost`, async () => {
    using place = emptyPlace();
    const random = createSeededRandom(chosenSeed());
    process.stdout.write(`kill -9 in a rotation: SEED=${random.seed} repeats this run\n`);
    const webhook = await servedWith(place);
    const startedAt = performance.now();
    expect((await rotate(place)).exitCode).toBe(0);
    const wholeMs = performance.now() - startedAt;
    for (let kill = 0; kill < KILLS; kill++) {
      await using rotating = startProgram([await builtBinary(), "rotate-secret-key"], { env: {}, cwd: place.path });
      await Bun.sleep(random.unit() * wholeMs);
      rotating.signal("SIGKILL");
      await rotating.ended;
      await using posthorn = await startBinary(place);
      expect(await secretOf(posthorn, webhook)).toBe(SECRET);
      expect(readdirSync(place.dataDir)).not.toContain("secret.key.next");
    }
  });

  test.skipIf(diskProblem !== null)(
    "on a full disk says so, or what it could not do, and nothing is lost, however little room there is (needs mount)",
    async () => {
      using disk = smallDisk(16 * 1_024 * 1_024);
      const webhook = await servedWith(disk);
      const ends: number[] = [];
      for (const leftBytes of [0, 4_096, 16_384, 65_536, 262_144, 524_288]) {
        disk.fill(leftBytes);
        const { exitCode, error } = await rotate(disk);
        if (exitCode !== 0) expect(error).toMatch(SENTENCE);
        ends.push(exitCode);
        disk.clear();
        await using posthorn = await startBinary(disk);
        expect(await secretOf(posthorn, webhook)).toBe(SECRET);
        posthorn.signal("SIGTERM");
        await posthorn.ended;
      }
      expect(new Set(ends)).toEqual(new Set([0, 1]));
    },
    15_000,
  );

  test("follows POSTHORN_SECRET_KEY by POSTHORN_NEW_SECRET_KEY, writes no key, and says what to set", async () => {
    using place = emptyPlace();
    const webhook = await servedWith(place, undefined, OLD);
    const path = join(place.path, "new-key");
    writeFileSync(path, `${NEW.POSTHORN_SECRET_KEY}\n`);
    expect(await rotate(place, OLD)).toMatchObject({ exitCode: 2, error: expect.stringMatching(SENTENCE) });
    const { exitCode, out } = await rotate(place, { ...OLD, POSTHORN_NEW_SECRET_KEY_FILE: path });
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: expect.stringContaining("Set POSTHORN_SECRET_KEY to it now"),
    });
    expect(Object.keys(keysIn(filesOf(place)))).toEqual(["admin.key"]);
    await refused(place, OLD, "sealed with another key");
    await using posthorn = await startBinary(place, NEW);
    expect(await secretOf(posthorn, webhook)).toBe(SECRET);
  });
});

describe("a start is refused in one sentence, and no file is touched, made or taken away,", () => {
  const WRONG: readonly (readonly [name: string, spoil: (place: Place) => void, env: Settings, words: string])[] = [
    ["with another key", () => {}, OLD, "sealed with another key"],
    ["with another secret.key", (place) => writeFileSync(keyPath(place), `${"0a".repeat(32)}\n`), {}, "with the id"],
    ["when secret.key is lost", (place) => renameSync(keyPath(place), join(place.path, "away")), {}, "is missing"],
    ["when secret.key is cut off", (place) => truncateSync(keyPath(place), 20), {}, "is damaged"],
    ["when secret.key is empty", (place) => truncateSync(keyPath(place), 0), {}, "is damaged"],
    ["when secret.key is garbled", (place) => writeFileSync(keyPath(place), new Uint8Array(45)), {}, "is damaged"],
  ];

  test.each(WRONG)("%s", async (_, spoil, env, words) => {
    using place = emptyPlace();
    await killedWithWork(place);
    spoil(place);
    const files = filesOf(place);
    expect(Object.keys(files)).toContain("posthorn.db-wal");
    await refused(place, env, words);
    expect(filesOf(place)).toEqual(files);
  });
});

test("without its database a directory is begun anew, since nothing in it is sealed", async () => {
  using place = emptyPlace();
  await servedWith(place);
  for (const name of ["posthorn.db", "secret.key"]) rmSync(join(place.dataDir, name));
  await using posthorn = await startBinary(place);
  expect((await posthorn.api<readonly unknown[]>("GET", "/api/webhooks")).data).toEqual([]);
});

test.skipIf(process.platform === "win32")(
  "a key file that others could read is told, and is its owner's alone from then on (needs modes of files)",
  async () => {
    using place = emptyPlace();
    await servedWith(place);
    chmodSync(keyPath(place), 0o644);
    await using posthorn = await startBinary(place);
    posthorn.signal("SIGTERM");
    const { out } = await posthorn.ended;
    expect(out).toContain("could read a key file");
    expect(out).toContain(keyPath(place));
    expect(statSync(keyPath(place)).mode & 0o777).toBe(0o600);
  },
);

/** Serves once, with one webhook, and stops in good order. */
async function servedWith(place: Place, url = "https://receiver.example/hook", env: Settings = {}): Promise<string> {
  await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, ...env });
  const webhook = await subscribed(posthorn, url);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
  return webhook;
}

/** Leaves a write-ahead log, as a process does that was killed. */
async function killedWithWork(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  await subscribed(posthorn, "https://receiver.example/hook");
  posthorn.signal("SIGKILL");
  await posthorn.ended;
}

async function subscribed({ api }: Binary, url: string): Promise<string> {
  const webhook = { url, events: ["*"], secret: SECRET, headers: HEADERS };
  return (await api<{ id: string }>("POST", "/api/webhooks", webhook)).data.id;
}

async function secretOf({ api }: Binary, webhook: string): Promise<string> {
  return (await api<{ secret: string }>("GET", `/api/webhooks/${webhook}/secret`)).data.secret;
}

function rotate(place: Place, env: Settings = {}) {
  return runBinary(["rotate-secret-key"], { place, env });
}

async function refused(place: Place, env: Settings, words: string): Promise<void> {
  const end = await runBinary(["serve"], { place, env: { POSTHORN_PORT: "0", ...env } });
  expect(end).toEqual({ exitCode: 1, out: "", error: expect.stringMatching(SENTENCE) });
  expect(end.error).toContain(words);
}

function keyPath({ dataDir }: Place): string {
  return join(dataDir, "secret.key");
}

/** Every byte of the directory, by file; but for the log's index and the lock, which hold nothing. */
function filesOf({ dataDir }: Place): Readonly<Record<string, string>> {
  const names = readdirSync(dataDir).filter((name) => !/-shm$|^posthorn\.lock/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(dataDir, name), "base64")]));
}

function keysIn(files: Settings): Settings {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith("posthorn.db")));
}
