import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { backUp } from "../../src/store/backup.ts";
import { isIntact } from "../../src/store/sqlite/inspection.ts";
import { smallDisk, smallDiskProblem } from "../support/small-disk.ts";
import { DELIVERED } from "./conformance/scene.ts";
import { openScene, partIndex, restorePlace } from "./restore-request.ts";

const MB = 1_024 * 1_024;
/** Where the header counts the free pages: https://sqlite.org/fileformat.html#the_database_header */
const FREE_PAGES_AT = 36;
const problem = smallDiskProblem();

describe("a backup", () => {
  test("holds everything up to its moment, and tells how much that is", async () => {
    using here = restorePlace();
    await using scene = await openScene(here.dataDir);
    await scene.webhook();
    await scene.settled(DELIVERED, { id: "one" });
    await scene.delivery({ id: "two" });
    const { path, bytes, contents } = backUp(here);
    await scene.ingest({ id: "later" });
    expect(contents).toEqual({ webhooks: 1, events: 2, deliveries: 2, pending: 1, attempts: 1, keys: 0 });
    expect([path, bytes]).toEqual([here.file, statSync(here.file).size]);
    expect(eventIds(here.file)).toEqual(["one", "two"]);
  });

  test("holds what a killed server had only in its log, and leaves that as it is", async () => {
    using here = restorePlace();
    using killed = restorePlace();
    await using scene = await openScene(here.dataDir);
    await scene.ingest({ id: "in the log" });
    cpSync(here.dataDir, killed.dataDir, { recursive: true });
    const log = readFileSync(join(killed.dataDir, "posthorn.db-wal"));
    backUp(killed);
    expect(eventIds(killed.file)).toEqual(["in the log"]);
    expect(readFileSync(join(killed.dataDir, "posthorn.db-wal"))).toEqual(log);
  });

  test("is read back itself: what is wrong with the database alone is not in it", async () => {
    using here = restorePlace();
    await (await openScene(here.dataDir)).store.close();
    const path = join(here.dataDir, "posthorn.db");
    const bytes = readFileSync(path);
    bytes.writeUInt32BE(7, FREE_PAGES_AT);
    writeFileSync(path, bytes);
    expect(isIntact(path)).toBe(false);
    backUp(here);
    expect(isIntact(here.file)).toBe(true);
  });

  test("is one file, for its owner alone", async () => {
    using here = restorePlace();
    await (await openScene(here.dataDir)).store.close();
    backUp(here);
    expect(readdirSync(dirname(here.file)).sort()).toEqual(["backup.db", "data"]);
    expect(statSync(here.file).mode & 0o777).toBe(0o600);
  });
});

describe("a backup is refused, and leaves nothing behind,", () => {
  test("where there is a file already, which stays as it is", async () => {
    using here = restorePlace();
    await (await openScene(here.dataDir)).store.close();
    writeFileSync(here.file, "last night's");
    expectRefusal(here, /backup\.db exists already, and a backup never overwrites/);
    expect(readFileSync(here.file, "utf8")).toBe("last night's");
  });

  test("where there is a directory, or none to be in", async () => {
    using here = restorePlace();
    await (await openScene(here.dataDir)).store.close();
    expectRefusal({ ...here, file: here.dataDir }, /exists already/);
    expectRefusal({ ...here, file: join(here.file, "no", "such") }, /its directory is missing: make it first/);
  });

  test.each(["posthorn.db", "posthorn.db-wal", "posthorn.db.restoring", "secret.key", "posthorn.lock-journal"])(
    "as %s of the data directory, by whichever way",
    async (name) => {
      using here = restorePlace();
      await (await openScene(here.dataDir)).store.close();
      const link = join(dirname(here.file), "link");
      symlinkSync(here.dataDir, link);
      for (const directory of [here.dataDir, link]) {
        expectRefusal({ ...here, file: join(directory, name) }, /(a name that Posthorn uses itself|exists already)/);
      }
    },
  );

  test("of a data directory without a database, which is not made", () => {
    using here = restorePlace();
    expectRefusal(
      here,
      /There is no database at .*posthorn\.db, or none that this user may read: set POSTHORN_DATA_DIR/,
    );
    expect(existsSync(here.dataDir)).toBe(false);
  });

  test("of what is no database, another program's, a newer one's or a damaged one", async () => {
    using here = restorePlace();
    const path = join(here.dataDir, "posthorn.db");
    mkdirSync(here.dataDir);
    writeFileSync(path, "nothing of ours ".repeat(1_000));
    expectRefusal(here, /posthorn\.db is not a Posthorn database/);
    writeFileSync(path, "");
    change(path, "CREATE TABLE theirs (a)");
    expectRefusal(here, /posthorn\.db cannot be backed up: its copy is not a Posthorn database/);
    writeFileSync(path, "");
    await fill(here.dataDir);
    const bytes = readFileSync(path);
    change(path, "PRAGMA user_version = 999");
    expectRefusal(here, /its copy has schema 999/);
    writeFileSync(path, bytes.fill(0xff, 3 * 4_096, 4 * 4_096));
    expectRefusal(here, /posthorn\.db (cannot be opened|cannot be backed up)/);
  });

  test("of one whose pages are sound, and an index lacks a row", async () => {
    using here = restorePlace();
    const scene = await openScene(here.dataDir);
    await scene.ingest();
    await scene.store.close();
    partIndex(join(here.dataDir, "posthorn.db"));
    expectRefusal(here, /posthorn\.db cannot be backed up: its copy is damaged \(row 1 missing from index/);
  });

  test.skipIf(problem !== null)("where there is no room for it (needs mount)", async () => {
    using here = restorePlace();
    using disk = smallDisk(1 * MB);
    await fill(here.dataDir);
    disk.fill(64 * 1_024);
    expectRefusal({ ...here, file: join(disk.path, "backup.db") }, /because the disk is full: make room on it/);
  });

  test("while another one is being made under the same name", async () => {
    using here = restorePlace();
    await (await openScene(here.dataDir)).store.close();
    writeFileSync(`${here.file}.partial`, "");
    expect(() => backUp(here)).toThrow(/backup\.db\.partial is there: another backup is being made, or one was killed/);
    expect(existsSync(here.file)).toBe(false);
  });
});

/** One sentence, and no file more than before. */
function expectRefusal(request: { readonly dataDir: string; readonly file: string }, sentence: RegExp): void {
  const place = dirname(request.dataDir);
  const before = filesIn(place, dirname(request.file));
  expect(() => backUp(request)).toThrow(sentence);
  expect(() => backUp(request)).toThrow(/^[^\n]+[.]$/);
  expect(filesIn(place, dirname(request.file))).toEqual(before);
}

/** A connection that only reads leaves an empty log with its index behind, since it must not remove one. */
function filesIn(...directories: readonly string[]): readonly string[] {
  const there = directories.filter((path) => existsSync(path) && statSync(path).isDirectory());
  const names = there.flatMap((path) => readdirSync(path, { recursive: true }).map(String));
  return names.filter((name) => !/posthorn\.db-(wal|shm)$/.test(name)).sort();
}

async function fill(dataDir: string): Promise<void> {
  await using scene = await openScene(dataDir);
  await scene.webhook();
  for (let n = 0; n < 20; n++) await scene.delivery({ data: JSON.stringify("x".repeat(10_000)) });
}

function change(path: string, sql: string): void {
  using db = new Database(path);
  db.run(sql);
}

function eventIds(path: string): readonly string[] {
  using db = new Database(path, { readonly: true });
  return db
    .query<{ id: string }, []>("SELECT id FROM events ORDER BY seq")
    .all()
    .map(({ id }) => id);
}
