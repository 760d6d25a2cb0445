import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/store/backup.ts";
import { inspect } from "../../src/store/sqlite/inspection.ts";
import { smallDisk, smallDiskProblem } from "../support/small-disk.ts";
import { backupOf, keysAtHand, openScene, partIndex, restore, restorePlace } from "./restore-request.ts";

describe("a restore is refused, and nothing has changed,", () => {
  const REFUSALS: readonly {
    readonly when: string;
    readonly sentence: RegExp;
    readonly spoil: (file: string) => void;
  }[] = [
    {
      when: "of no database",
      sentence: /Nothing was restored: .*backup\.db is not a Posthorn database/,
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
      when: "of one whose pages are sound, and an index lacks a row",
      sentence: /is damaged \(row 1 missing from index/,
      spoil: partIndex,
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
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    spoil(file);
    expectRefusal(dataDir, () => restore(dataDir, file), sentence);
  });

  test("when the backup's sealing key is not at hand, which is named", async () => {
    using here = restorePlace();
    await backupOf(here);
    const refused = () => restore(here.dataDir, here.file, { keys: keysAtHand() });
    expectRefusal(here.dataDir, refused, /was sealed with the key of the id [0-9a-f]{8}, which is not at hand/);
  });

  test("when a key with the right id does not open it", async () => {
    using here = restorePlace();
    await backupOf(here);
    const refused = () =>
      restore(here.dataDir, here.file, { keys: { find: () => new Uint8Array(32), current: () => null } });
    expectRefusal(here.dataDir, refused, /sealed with another key/);
  });

  test("of what is no backup file", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    expectRefusal(dataDir, () => restore(dataDir, `${file}.not`), /is not there\.$/);
    expectRefusal(dataDir, () => restore(dataDir, dataDir), /is no file\.$/);
    expectRefusal(dataDir, () => restore(dataDir, join(dataDir, "posthorn.db")), /is no backup/);
  });

  test("into a data directory that lies below a file, which is not told of the backup", async () => {
    using here = restorePlace();
    await backupOf(here);
    const below = join(here.file, "data");
    expect(() => restore(below, here.file)).toThrow(/^\S+backup\.db\/data cannot be [^\n]+\.$/);
  });

  test.skipIf(smallDiskProblem() !== null)("when there is no room for it (needs mount)", async () => {
    using here = restorePlace();
    await backupOf(here);
    using disk = smallDisk(1_024 * 1_024);
    cpSync(here.dataDir, disk.dataDir, { recursive: true });
    disk.fill(64 * 1_024);
    expectRefusal(disk.dataDir, () => restore(disk.dataDir, here.file), /because the disk is full: make room on it/);
  });

  test.skipIf(smallDiskProblem() !== null)("however little room is missing (needs mount)", async () => {
    using here = restorePlace();
    await busyBackupOf(here);
    let [tooLittle, enough] = [0, 4 * statSync(here.file).size];
    while (enough - tooLittle > PAGE_BYTES) {
      const between = Math.floor((tooLittle + enough) / 2);
      if (isRestoredWithin(between, here.file)) enough = between;
      else tooLittle = between;
    }
    expect(isRestoredWithin(enough, here.file)).toBe(true);
  });

  test("while a server has the data directory", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await using scene = await openScene(dataDir);
    await scene.webhook();
    backUp({ dataDir, file });
    expect(() => restore(dataDir, file)).toThrow(/^Another Posthorn is using the data directory/);
  });

  test("while another program reads the database", async () => {
    using here = restorePlace();
    const { dataDir, file } = here;
    await backupOf(here);
    using reader = new Database(join(dataDir, "posthorn.db"));
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM events").get();
    expect(() => restore(dataDir, file)).toThrow(/is in use by another program: close that one first/);
  });
});

const PAGE_BYTES = 4_096;

/** A backup with so many pending deliveries that to cancel them takes pages more. */
async function busyBackupOf({ dataDir, file }: { readonly dataDir: string; readonly file: string }): Promise<void> {
  await using scene = await openScene(dataDir);
  await scene.webhook();
  for (let n = 0; n < 300; n++) await scene.ingest();
  backUp({ dataDir, file });
}

/** Whether it is, on a disk with so much room; and if so, in full. */
function isRestoredWithin(bytes: number, file: string): boolean {
  using disk = smallDisk(4 * statSync(file).size);
  disk.fill(bytes);
  try {
    restore(disk.dataDir, file);
  } catch (error) {
    expect(String(error)).toEndWith("because the disk is full: make room on it.");
    return false;
  }
  const inspection = inspect(join(disk.dataDir, "posthorn.db"));
  expect(inspection).toMatchObject({ isSound: true, contents: { deliveries: 300, pending: 0 } });
  return true;
}

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
