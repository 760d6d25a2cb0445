import { Database } from "bun:sqlite";
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CANCELLED_BY_RESTORE } from "../../src/domain/delivery.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { startLoad } from "../support/load.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { type ProgramEnd, startProgram } from "../support/program.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

setDefaultTimeout(30_000);

const BACKUP = "backup.db";
const SETTINGS = { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "0s" };
const REFUSED = { exitCode: 1, out: "", error: expect.stringMatching(/^[^\n]+[.]\n$/) };

test("a backup under load holds every event that was acknowledged before it began, and disturbs none", async () => {
  using place = emptyPlace();
  await using receiver = startReceiver();
  await using posthorn = await startBinary(place, SETTINGS);
  await subscribe(posthorn, receiver.origin);
  const load = startLoad((event) => posthorn.api("POST", "/api/events", event), {
    perSecond: 400,
    types: ["resume.created"],
  });
  await until("300 events are acknowledged", () => load.acknowledged.size >= 300);
  const before = [...load.acknowledged];
  const { exitCode, out, error } = await run(["backup", BACKUP], place);
  await until("events came after it too", () => load.acknowledged.size >= before.length + 50);
  await load.stop();
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  expect(out).toMatch(
    /^Backed up into \S+backup\.db, \d+ bytes, read back and found sound\. Webhooks: 1, events: \d{3,},/,
  );
  expect(out).toContain(`keep ${join(place.dataDir, "secret.key")} too, in another place.`);
  const kept = new Set(eventIds(join(place.path, BACKUP)));
  expect(before.filter((id) => !kept.has(id))).toEqual([]);
  expect(load.refused).toEqual(new Map());
  await nothingPending(posthorn);
});

test("a backup that is ended by SIGTERM in the middle of it leaves nothing behind", async () => {
  using place = emptyPlace();
  await using program = await backupUnderWay(place);
  program.signal("SIGTERM");
  expect(await program.ended).toEqual({
    ...REFUSED,
    error: "The backup was ended by SIGTERM, and nothing of it is left.\n",
  });
  expect(readdirSync(place.path)).toEqual(["data"]);
});

test("a backup that is killed in the middle of it is in nobody's way: the next one has the same name", async () => {
  using place = emptyPlace();
  await using program = await backupUnderWay(place);
  program.signal("SIGKILL");
  await program.ended;
  expect(existsSync(join(place.path, `${BACKUP}.partial`))).toBe(true);
  expect(await run(["backup", BACKUP], place)).toMatchObject({ exitCode: 0, error: "" });
  expect(readdirSync(place.path).sort()).toEqual([BACKUP, "data"]);
});

test("after a restore nothing is sent that was delivered since, and what is still pending is", async () => {
  using place = emptyPlace();
  const replies = new Map([["delivered-since", Promise.withResolvers<number>()]]);
  await using receiver = startReceiver(
    ({ body }) => replies.get(JSON.parse(body).id)?.promise ?? Promise.withResolvers<number>().promise,
  );
  const webhook = await during(startBinary(place, SETTINGS), async (posthorn) => {
    const id = await subscribe(posthorn, receiver.origin);
    for (const event of ["delivered-since", "still-pending"]) await post(posthorn, event);
    await until("both are under way", () => receiver.requests.length === 2);
    expect((await run(["backup", BACKUP], place)).exitCode).toBe(0);
    replies.get("delivered-since")?.resolve(200);
    await until("one is delivered", async () => (await logOf(posthorn, id, "delivered")).length === 1);
    expect(await run(["restore", BACKUP], place)).toEqual({
      ...REFUSED,
      error: expect.stringContaining("Another Posthorn is using the data directory"),
    });
    return id;
  });

  const { exitCode, out, error } = await run(["restore", BACKUP], place);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  expect(out).toContain(
    "Pending deliveries: 1 still to be sent; 1 are cancelled, which are not pending there any more",
  );
  expect(readdirSync(place.dataDir).filter((name) => name.includes("replaced"))).toHaveLength(1);
  receiver.become([200]);
  await using restored = await startBinary(place, SETTINGS);
  await nothingPending(restored);
  const sent = receiver.requests.map(({ body }): string => JSON.parse(body).id);
  expect(sent.sort()).toEqual(["delivered-since", "still-pending", "still-pending"]);
  const [cancelled] = await logOf(restored, webhook, "cancelled");
  expect(cancelled?.error).toBe(CANCELLED_BY_RESTORE);
  await restored.api("POST", `/api/webhooks/${webhook}/logs/${cancelled?.id}/resend`);
  await nothingPending(restored);
  expect(receiver.requests).toHaveLength(4);
});

test("a backup goes on on a new machine with its sealing key: keys and secrets, and nothing is sent by itself", async () => {
  using place = emptyPlace();
  using elsewhere = emptyPlace();
  await using receiver = startReceiver(() => Promise.withResolvers<number>().promise);
  await using original = await startBinary(place, LOOPBACK_ALLOWED);
  const webhook = await subscribe(original, receiver.origin);
  await post(original, "pending");
  await receiver.next("the request that is under way during the backup");
  expect((await run(["backup", join(elsewhere.path, BACKUP)], place)).exitCode).toBe(0);

  expect(await run(["restore", BACKUP], elsewhere)).toEqual({
    ...REFUSED,
    error: expect.stringContaining("was sealed with the key of the id"),
  });
  cpSync(join(place.dataDir, "secret.key"), join(elsewhere.dataDir, "secret.key"));
  expect((await run(["restore", BACKUP], elsewhere)).exitCode).toBe(0);
  await using restored = await startBinary(elsewhere, { ...LOOPBACK_ALLOWED, POSTHORN_ADMIN_KEY: "a".repeat(32) });
  expect(await secretOf(restored, webhook)).toBe("your_webhook_secret");
  expect((await statusWith(restored, original.adminKey)).status).toBe(200);
  expect(await logOf(restored, webhook, "cancelled")).toHaveLength(1);
  expect(receiver.requests).toHaveLength(1);
  expect(journalMode(elsewhere)).toBe("wal");
});

test("a backup from before the sealing key was changed is restored with the key that was kept", async () => {
  using place = emptyPlace();
  const webhook = await during(startBinary(place, SETTINGS), async (posthorn) => {
    const id = await subscribe(posthorn, "https://receiver.example");
    expect((await run(["backup", BACKUP], place)).exitCode).toBe(0);
    return id;
  });
  expect((await run(["rotate-secret-key"], place)).exitCode).toBe(0);
  expect((await run(["restore", BACKUP], place)).exitCode).toBe(0);
  await using restored = await startBinary(place, SETTINGS);
  expect(await secretOf(restored, webhook)).toBe("your_webhook_secret");
});

test("what cannot be backed up or restored is told in one sentence, with the exit code 1", async () => {
  using place = emptyPlace();
  expect(await run(["backup", BACKUP], place)).toEqual(REFUSED);
  expect(await run(["restore", BACKUP], place)).toEqual(REFUSED);
  expect(existsSync(place.dataDir)).toBe(false);
  await using posthorn = await startBinary(place, SETTINGS);
  posthorn.signal("SIGKILL");
  await posthorn.ended;
  mkdirSync(join(place.path, "another"));
  renameSync(place.dataDir, join(place.path, "another", "data"));
  const settings = { POSTHORN_DATA_DIR: join(place.path, "another", "data") };
  expect((await run(["backup", BACKUP], place, settings)).exitCode).toBe(0);
  expect(await run(["backup", BACKUP], place, settings)).toEqual(REFUSED);
  writeFileSync(join(place.path, "damaged.db"), "damaged");
  expect(await run(["restore", "damaged.db"], place, settings)).toEqual(REFUSED);
  rmSync(join(settings.POSTHORN_DATA_DIR, "secret.key"));
  expect(await run(["restore", BACKUP], place, { ...settings, POSTHORN_SECRET_KEY: "0".repeat(64) })).toEqual(REFUSED);
});

function run(args: readonly string[], place: Place, env: Readonly<Record<string, string>> = {}): Promise<ProgramEnd> {
  return runBinary(args, { place, env });
}

/** Lets it do something, and stops it. */
async function during<Result>(starting: Promise<Binary>, act: (posthorn: Binary) => Promise<Result>): Promise<Result> {
  await using posthorn = await starting;
  const result = await act(posthorn);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
  return result;
}

/** One that has written a part of its copy. */
async function backupUnderWay(place: Place) {
  await during(startBinary(place, SETTINGS), async () => {});
  addLargeEvents(place);
  const partial = join(place.path, `${BACKUP}.partial`);
  const program = startProgram([await builtBinary(), "backup", BACKUP], { env: {}, cwd: place.path });
  await until("it copies", () => existsSync(partial) && statSync(partial).size > 0);
  return program;
}

/** Enough that it takes a while to copy them. */
function addLargeEvents({ dataDir }: Place): void {
  using db = new Database(join(dataDir, "posthorn.db"));
  db.run(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
    INSERT INTO events (tenant, id, type, created_at, api_version, is_test, deliveries, body)
    SELECT 'default', n, 'resume.created', 1, '2024-12-30', 0, 0, hex(randomblob(64000)) FROM numbers`);
}

async function subscribe(posthorn: Binary, origin: string): Promise<string> {
  const webhook = { url: `${origin}/hook`, events: ["*"], secret: "your_webhook_secret" };
  return (await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook)).data.id;
}

async function post(posthorn: Binary, id: string): Promise<void> {
  const { status } = await posthorn.api("POST", "/api/events", { id, type: "resume.created", data: {} });
  expect(status).toBe(202);
}

type Line = { readonly id: string; readonly error?: string | null };

async function logOf(posthorn: Binary, webhook: string, status: string): Promise<readonly Line[]> {
  return (await posthorn.api<readonly Line[]>("GET", `/api/webhooks/${webhook}/logs?status=${status}`)).data;
}

async function secretOf(posthorn: Binary, webhook: string): Promise<string> {
  return (await posthorn.api<{ secret: string }>("GET", `/api/webhooks/${webhook}/secret`)).data.secret;
}

function statusWith({ url }: Binary, key: string): Promise<Response> {
  return fetch(`${url}/api/keys`, { headers: { Authorization: `Bearer ${key}` } });
}

function eventIds(path: string): readonly string[] {
  using db = new Database(path, { readonly: true });
  return db
    .query<{ id: string }, []>("SELECT id FROM events")
    .all()
    .map(({ id }) => id);
}

function journalMode({ dataDir }: Place): unknown {
  using db = new Database(join(dataDir, "posthorn.db"), { readonly: true });
  return db.query<{ journal_mode: string }, []>("PRAGMA journal_mode").get()?.journal_mode;
}
