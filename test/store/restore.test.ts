import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import { CANCELLED_BY_RESTORE } from "../../src/domain/delivery.ts";
import { backUp } from "../../src/store/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { DELIVERED, NOW, retryIn, Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";
import { restore } from "./restore-request.ts";

const KEPT = "posthorn.db.replaced-20241230T100000Z";

/** A data directory, and a place for its backup. */
function place() {
  const directory = temporaryDirectory();
  const dataDir = join(directory.path, "data");
  return { dataDir, file: join(directory.path, "backup.db"), [Symbol.dispose]: directory[Symbol.dispose] };
}

async function openScene(dataDir: string) {
  const store = await openStore(storeOptions({ dataDir }));
  return Object.assign(new Scene(store), { [Symbol.asyncDispose]: () => store.close() });
}

/** A backup with one webhook and one delivery that is pending. */
async function backupOf({ dataDir, file }: { readonly dataDir: string; readonly file: string }): Promise<void> {
  await using scene = await openScene(dataDir);
  await scene.webhook();
  await scene.delivery();
  backUp({ dataDir, file });
}

describe("a delivery that is pending in the backup", () => {
  test("goes on where the replaced database has come to, if it is pending there too", async () => {
    using here = place();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const webhook = await before.webhook();
    const [untouched, tried] = [await before.delivery(), await before.delivery()];
    backUp({ dataDir, file });
    await before.settle(await before.claim(tried), retryIn(60_000));
    await before.store.close();

    expect(restore(dataDir, file).revival).toEqual({ isCompared: true, goingOn: 2, cancelled: 0, keys: 0 });
    await using after = await openScene(dataDir);
    const [first] = await after.store.seek({ webhook: webhook.key, isRetry: false, limit: 9 });
    const [retry] = await after.store.seek({ webhook: webhook.key, isRetry: true, limit: 9 });
    expect([first?.key, retry?.key, retry?.dueAt]).toEqual([untouched.key, tried.key, NOW + 60_000]);
    expect((await after.claim(tried)).attempts).toBe(1);
  });

  test("is cancelled if it was delivered since; the log says why, and it can be resent", async () => {
    using here = place();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const webhook = await before.webhook();
    const claimed = await before.claimed();
    backUp({ dataDir, file });
    await before.settle(claimed, DELIVERED);
    await before.store.close();

    expect(restore(dataDir, file).revival).toMatchObject({ isCompared: true, goingOn: 0, cancelled: 1 });
    await using after = await openScene(dataDir);
    expect(await after.store.lanes()).toEqual([]);
    expect(await after.entry(webhook, claimed.deliveryId)).toMatchObject({
      state: "cancelled",
      error: CANCELLED_BY_RESTORE,
    });
    expect(await after.store.resend(webhook.key, claimed.deliveryId, after.id("delivery"), 1)).not.toBeNull();
  });

  test("is cancelled if its webhook was deleted since", async () => {
    using here = place();
    const { dataDir, file } = here;
    const before = await openScene(dataDir);
    const { id } = await before.webhook();
    await before.delivery();
    backUp({ dataDir, file });
    await before.store.deleteWebhook(TENANT, id, 1, POSTHORN);
    await before.store.close();
    expect(restore(dataDir, file).revival).toMatchObject({ isCompared: true, goingOn: 0, cancelled: 1 });
  });

  test("is cancelled where there is no database to compare with", async () => {
    using here = place();
    using elsewhere = place();
    await backupOf(here);
    const { revival, keptPath } = restore(elsewhere.dataDir, here.file);
    expect({ revival, keptPath }).toEqual({
      revival: { isCompared: false, goingOn: 0, cancelled: 1, keys: 0 },
      keptPath: null,
    });
    expect(readdirSync(elsewhere.dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
  });

  test("is cancelled where the other database is another program's", async () => {
    using here = place();
    using elsewhere = place();
    await backupOf(here);
    mkdirSync(elsewhere.dataDir);
    const theirs = new Database(join(elsewhere.dataDir, "posthorn.db"), { create: true });
    theirs.run("CREATE TABLE deliveries (id)");
    theirs.close();
    expect(restore(elsewhere.dataDir, here.file).revival).toMatchObject({ isCompared: false, cancelled: 1 });
  });
});

describe("what a restore replaces", () => {
  test("is kept in one file, also when the last process was killed", async () => {
    using here = place();
    using killed = place();
    const { dataDir, file } = here;
    await using scene = await openScene(dataDir);
    await scene.webhook();
    backUp({ dataDir, file });
    await scene.ingest({ id: "after the backup" });
    cpSync(dataDir, killed.dataDir, { recursive: true });
    const { keptPath, wasDamaged } = restore(killed.dataDir, file);
    expect({ keptPath, wasDamaged }).toEqual({ keptPath: join(killed.dataDir, KEPT), wasDamaged: false });
    expect(readdirSync(killed.dataDir).sort()).toEqual(["posthorn.db", KEPT, "posthorn.lock"]);
    expect(eventIds(join(killed.dataDir, KEPT))).toEqual(["after the backup"]);
    expect(eventIds(join(killed.dataDir, "posthorn.db"))).toEqual([]);
  });

  test("is never overwritten, and can be put back", async () => {
    using here = place();
    const { dataDir, file } = here;
    await backupOf(here);
    expect(restore(dataDir, file).keptPath).toBe(join(dataDir, KEPT));
    const again = restore(dataDir, join(dataDir, KEPT));
    expect(again.keptPath).toBe(join(dataDir, `${KEPT}-2`));
    expect(again.contents).toMatchObject({ webhooks: 1, pending: 1 });
  });

  test("is left as it is, log and all, when it is damaged", async () => {
    using here = place();
    const { dataDir, file } = here;
    await backupOf(here);
    const [db, log] = [join(dataDir, "posthorn.db"), join(dataDir, "posthorn.db-wal")];
    writeFileSync(db, "nothing of a database");
    writeFileSync(log, "nor a log");
    expect(restore(dataDir, file)).toMatchObject({ wasDamaged: true, revival: { isCompared: false, cancelled: 1 } });
    expect(readFileSync(join(dataDir, KEPT), "utf8")).toBe("nothing of a database");
    expect(readFileSync(join(dataDir, `${KEPT}-wal`), "utf8")).toBe("nor a log");
    await (await openScene(dataDir)).store.close();
  });
});

test("a restored database has no sessions, and tells of keys that had been deleted", async () => {
  using here = place();
  const { dataDir, file } = here;
  const before = await openScene(dataDir);
  const key = before.newKey();
  await before.store.createKey(key, POSTHORN);
  await before.store.createSession({ hash: "a".repeat(64), keyHash: key.hash, expiresAt: 9_999_999_999_999 });
  backUp({ dataDir, file });
  await before.store.deleteKey(TENANT, key.id, { adminKeyIsConfigured: true, now: 1 }, POSTHORN);
  await before.store.close();
  expect(restore(dataDir, file).revival.keys).toBe(1);
  await using after = await openScene(dataDir);
  expect(await after.store.findSession("a".repeat(64), 1)).toBeNull();
  expect(await after.store.findKey(key.hash)).not.toBeNull();
});

describe("a restore is refused, and nothing has changed,", () => {
  const REFUSALS: readonly {
    readonly when: string;
    readonly sentence: RegExp;
    readonly spoil: (file: string) => void;
  }[] = [
    {
      when: "of no database",
      sentence: /cannot be read .*nothing was restored/,
      spoil: (file) => writeFileSync(file, "x".repeat(9_000)),
    },
    { when: "of an empty file", sentence: /is not a Posthorn database/, spoil: (file) => writeFileSync(file, "") },
    {
      when: "of another program's database",
      sentence: /is not a Posthorn database/,
      spoil: (file) => change(file, "PRAGMA application_id = 1"),
    },
    {
      when: "of a newer schema",
      sentence: /has schema 999 and this Posthorn knows \d+/,
      spoil: (file) => change(file, "PRAGMA user_version = 999"),
    },
    {
      when: "of one that is cut off",
      sentence: /(is damaged|cannot be read)/,
      spoil: (file) => truncateSync(file, statSync(file).size - 8_192),
    },
    {
      when: "of one with a damaged page",
      sentence: /(is damaged|cannot be read)/,
      spoil: (file) => flip(file, 3 * 4_096),
    },
    {
      when: "of one with rows that refer to none",
      sentence: /is damaged \(rows are missing/,
      spoil: (file) => change(file, "DELETE FROM events"),
    },
    {
      when: "of a file with a log beside it",
      sentence: /has a write-ahead log beside it/,
      spoil: (file) => writeFileSync(`${file}-wal`, "x"),
    },
  ];

  test.each(REFUSALS)("$when", async ({ sentence, spoil }) => {
    using here = place();
    const { dataDir, file } = here;
    await backupOf(here);
    spoil(file);
    expectRefusal(dataDir, () => restore(dataDir, file), sentence);
  });

  test("when the backup's sealing key is not at hand, which is named", async () => {
    using here = place();
    await backupOf(here);
    const refused = () => restore(here.dataDir, here.file, { findKey: () => null });
    expectRefusal(here.dataDir, refused, /was sealed with the key of the id [0-9a-f]{8}, which is not at hand/);
  });

  test("when a key with the right id does not open it", async () => {
    using here = place();
    await backupOf(here);
    const refused = () => restore(here.dataDir, here.file, { findKey: () => new Uint8Array(32) });
    expectRefusal(here.dataDir, refused, /sealed with another key/);
  });

  test("of what is no backup file", async () => {
    using here = place();
    const { dataDir, file } = here;
    await backupOf(here);
    expectRefusal(dataDir, () => restore(dataDir, `${file}.not`), /is not there\.$/);
    expectRefusal(dataDir, () => restore(dataDir, dataDir), /is no file\.$/);
    expectRefusal(dataDir, () => restore(dataDir, join(dataDir, "posthorn.db")), /is no backup/);
  });

  test("while a server has the data directory", async () => {
    using here = place();
    const { dataDir, file } = here;
    await using scene = await openScene(dataDir);
    await scene.webhook();
    backUp({ dataDir, file });
    expect(() => restore(dataDir, file)).toThrow(/^Another Posthorn is using the data directory/);
  });

  test("while another program reads the database", async () => {
    using here = place();
    const { dataDir, file } = here;
    await backupOf(here);
    using reader = new Database(join(dataDir, "posthorn.db"));
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM events").get();
    expect(() => restore(dataDir, file)).toThrow(/is in use by another program: close that one first/);
  });
});

/** One sentence, and every file as it was. */
function expectRefusal(dataDir: string, act: () => unknown, sentence: RegExp): void {
  const before = contentOf(dataDir);
  expect(act).toThrow(sentence);
  expect(act).toThrow(/^[^\n]+[.]$/);
  expect(contentOf(dataDir)).toEqual(before);
}

function contentOf(dataDir: string) {
  const names = readdirSync(dataDir).filter((name) => name !== "posthorn.lock");
  return names.sort().map((name) => [name, Bun.hash(readFileSync(join(dataDir, name)))]);
}

function change(path: string, sql: string): void {
  using db = new Database(path);
  db.run("PRAGMA foreign_keys = OFF");
  db.run(sql);
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xff, at, at + 512);
  writeFileSync(path, bytes);
}

function eventIds(path: string): readonly string[] {
  using db = new Database(path);
  return db
    .query<{ id: string }, []>("SELECT id FROM events")
    .all()
    .map(({ id }) => id);
}
