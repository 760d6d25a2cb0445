import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { backUp } from "../../src/store/backup.ts";
import { BackupThread } from "../../src/store/backup-thread.ts";
import { PartialBackup } from "../../src/store/partial-backup.ts";
import { backupOf, openScene, restorePlace } from "./restore-request.ts";

const SENTENCE = /^[^\n]+\.$/;

test("what a killed backup left behind is taken away by the next one", async () => {
  using here = restorePlace();
  writeFileSync(`${here.file}.partial`, "half of it");
  writeFileSync(`${here.file}.partial-journal`, "the journal of that");
  writeFileSync(`${here.file}.partial-lock`, "");
  await backupOf(here);
  expect(readdirSync(dirname(here.file)).sort()).toEqual(["backup.db", "data"]);
});

test("a backup that is under way is left alone by another one into the same file", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  const underWay = new PartialBackup(here.file);
  writeFileSync(underWay.path, "half of it");
  expect(() => backUp(here)).toThrow(/^Another backup into \S+backup\.db is being made: wait for its end/);
  expect(readFileSync(underWay.path, "utf8")).toBe("half of it");
  underWay[Symbol.dispose]();
  expect(readdirSync(dirname(here.file))).toEqual(["data"]);
  expect(backUp(here).path).toBe(here.file);
});

test("a backup that is given up before it has begun takes nothing of another one away", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  using underWay = new PartialBackup(here.file);
  const another = new BackupThread(here);
  another.giveUp();
  expect(existsSync(underWay.path)).toBe(true);
  await expect(another.made).rejects.toThrow(/^Another backup into \S+backup\.db is being made/);
  another.giveUp();
  expect(existsSync(underWay.path)).toBe(true);
});

test("what a backup cannot take away is left to the next one, and hides nothing of why it failed", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  const underWay = new PartialBackup(here.file);
  rmSync(underWay.path);
  mkdirSync(underWay.path);
  underWay[Symbol.dispose]();
  rmdirSync(underWay.path);
  expect(backUp(here).path).toBe(here.file);
  expect(readdirSync(dirname(here.file)).sort()).toEqual(["backup.db", "data"]);
});

test("where no file can be made, the one that was asked for is named", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  const file = `${here.file}-of-${"a".repeat(240)}`;
  expect(() => backUp({ ...here, file })).toThrow(`${file} cannot be written (`);
});

test("a partial file that no backup is known to have left is nobody's to take away", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  writeFileSync(`${here.file}.partial`, "somebody's");
  for (const _ of ["once", "again"]) expect(() => backUp(here)).toThrow(/backup\.db\.partial is there: /);
  expect(readFileSync(`${here.file}.partial`, "utf8")).toBe("somebody's");
  expect(existsSync(`${here.file}.partial-lock`)).toBe(false);
});

test("a link in the lock's place is followed nowhere, and what cannot be taken away is told", async () => {
  using here = restorePlace();
  await (await openScene(here.dataDir)).store.close();
  symlinkSync("elsewhere", `${here.file}.partial-lock`);
  expect(() => backUp(here)).toThrow(/backup\.db\.partial-lock is no regular file: move it away, or [^\n]+\.$/);
  expect(readdirSync(dirname(here.file)).sort()).toEqual(["backup.db.partial-lock", "data"]);
  using there = restorePlace();
  await (await openScene(there.dataDir)).store.close();
  writeFileSync(`${there.file}.partial-lock`, "");
  mkdirSync(`${there.file}.partial`);
  expect(() => backUp(there)).toThrow(SENTENCE);
});
