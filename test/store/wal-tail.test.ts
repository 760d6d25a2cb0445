import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/store/open.ts";
import { disownedCommits } from "../../src/store/sqlite/wal-tail.ts";
import { Scene } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

const COMMITS = 5;
const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4_096;

/** What a crash leaves after so many commits, each with one row; the log was used before if `isUsedAgain`. */
function crashed({ isUsedAgain = false } = {}) {
  const directory = temporaryDirectory();
  const path = join(directory.path, "crashed.db");
  using db = new Database(join(directory.path, "running.db"));
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE rows (n)");
  if (isUsedAgain)
    for (let n = 0; n < 3 * COMMITS; n++) db.run("CREATE TABLE IF NOT EXISTS more (n); DELETE FROM more");
  db.run("PRAGMA wal_checkpoint(RESTART)");
  for (let n = 0; n < COMMITS; n++) db.run("INSERT INTO rows VALUES (?)", [n]);
  for (const end of ["", "-wal"]) copyFileSync(join(directory.path, `running.db${end}`), `${path}${end}`);
  return { path, log: `${path}-wal`, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}

function rowsOf(path: string): number {
  using db = new Database(path);
  return db.query<{ rows: number }, []>("SELECT count(*) AS rows FROM rows").get()?.rows ?? 0;
}

describe("of a write-ahead log", () => {
  test("that is whole, or is not there, every commit is taken", () => {
    using place = crashed();
    expect([disownedCommits(place.log), disownedCommits(`${place.log}-none`), rowsOf(place.path)]).toEqual([
      0,
      0,
      COMMITS,
    ]);
  });

  test("what an earlier use left behind is no damage", () => {
    using place = crashed({ isUsedAgain: true });
    expect(readFileSync(place.log).length).toBeGreaterThan(HEADER_BYTES + COMMITS * FRAME_BYTES);
    expect([disownedCommits(place.log), rowsOf(place.path)]).toEqual([0, COMMITS]);
  });

  test.each([
    ["the last page", HEADER_BYTES + 5 * FRAME_BYTES - 1, 1],
    ["a page before others", HEADER_BYTES + 3 * FRAME_BYTES + 100, 2],
    ["the first frame's header", HEADER_BYTES + 1, COMMITS],
    ["the header", 5, COMMITS],
    ["the page size in the header", 8, COMMITS],
  ])("a flipped bit in %s disowns what SQLite leaves out", (_, at, commits) => {
    using place = crashed();
    flip(place.log, at);
    expect(disownedCommits(place.log)).toBe(commits);
    expect(rowsOf(place.path)).toBe(COMMITS - commits);
  });

  test("a flipped bit in a frame's own salt disowns those after it", () => {
    using place = crashed();
    flip(place.log, HEADER_BYTES + 2 * FRAME_BYTES + 8);
    expect(disownedCommits(place.log)).toBe(2);
    expect(rowsOf(place.path)).toBe(2);
  });

  test("half a frame at the end is nothing that was ever promised", () => {
    using place = crashed();
    truncateSync(place.log, HEADER_BYTES + 4 * FRAME_BYTES + 500);
    expect([disownedCommits(place.log), rowsOf(place.path)]).toEqual([0, 4]);
  });
});

test("a store whose log is damaged at its end opens, and tells how much is left out", async () => {
  using directory = temporaryDirectory();
  using copy = temporaryDirectory();
  const store = await openStore(storeOptions({ dataDir: directory.path }));
  const scene = new Scene(store);
  for (const id of ["one", "two", "three"]) await scene.ingest({ id });
  for (const name of ["posthorn.db", "posthorn.db-wal"]) {
    copyFileSync(join(directory.path, name), join(copy.path, name));
  }
  await store.close();
  flip(join(copy.path, "posthorn.db-wal"), readFileSync(join(copy.path, "posthorn.db-wal")).length - 1);
  const told: number[] = [];
  const onLeftOut = (commits: number) => void told.push(commits);
  const opened = await openStore(storeOptions({ dataDir: copy.path, onLeftOut }));
  expect(told).toEqual([1]);
  expect((await opened.listEvents("acme", { limit: 10, before: null })).rows.map(({ id }) => id)).toEqual([
    "two",
    "one",
  ]);
  await opened.close();
});
