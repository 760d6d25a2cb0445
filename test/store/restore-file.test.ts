import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { restoring } from "../../src/store/restore.ts";
import { smallDisk, smallDiskProblem } from "../support/small-disk.ts";
import { temporaryDirectory } from "./open-sqlite.ts";
import { backupOf, restore, restorePlace, restoreRequest } from "./restore-request.ts";

const here = restorePlace();
const READY = "posthorn.db.restoring";
beforeAll(() => backupOf(here));
afterAll(() => here[Symbol.dispose]());

describe("a file that cannot be restored is named as it was given:", () => {
  const UNFIT: readonly (readonly [what: string, make: (path: string) => unknown, sentence: string])[] = [
    ["a missing one", () => {}, "FILE is not there."],
    ["one below a file", (path) => writeFileSync(join(path, ".."), ""), "FILE is not there."],
    ["a link to nothing", (path) => symlinkSync("nothing", path), "FILE is not there."],
    ["a link to itself", (path) => symlinkSync(path, path), "FILE cannot be read by this user."],
    ["a directory", (path) => mkdirSync(path), "FILE is no file."],
    ["a device", (path) => symlinkSync("/dev/zero", path), "FILE is no file."],
    ["a pipe that nobody writes to", (path) => Bun.spawnSync(["mkfifo", path]), "FILE is no file."],
    ["an empty one", (path) => writeFileSync(path, ""), "Nothing was restored: FILE is not a Posthorn database."],
    ["one that is cut off", cutOff, "Nothing was restored: FILE cannot be read (database disk image is malformed)."],
  ];

  test.each(UNFIT)("%s", (what, make, sentence) => {
    using directory = temporaryDirectory();
    const path = what.includes("below") ? join(directory.path, "file", "backup.db") : join(directory.path, "backup.db");
    make(path);
    expect(() => restore(here.dataDir, path)).toThrow(new Error(sentence.replace("FILE", path)));
  });

  test("a socket", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(() => restore(here.dataDir, path)).toThrow(new Error(`${path} is no file.`));
    server.close();
  });

  test("one whose copy cannot be opened", () => {
    using there = restorePlace();
    const steps = restoring(restoreRequest(there.dataDir, here.file));
    const act = () => {
      for (const step of steps) if (step.startsWith("Cancelling")) mkdirSync(join(there.dataDir, `${READY}-wal`));
    };
    expect(act).toThrow(`Nothing was restored: ${here.file} cannot be brought up to date (SQLiteError: `);
  });
});

test.skipIf(smallDiskProblem() !== null)(
  "a disk that is full as soon as the copy is on it is told of the database (needs mount)",
  () => {
    using disk = smallDisk(1_024 * 1_024);
    cpSync(here.dataDir, disk.dataDir, { recursive: true });
    disk.fill(statSync(here.file).size + 4_096);
    expect(() => restore(disk.dataDir, here.file)).toThrow(
      `${join(disk.dataDir, "posthorn.db")} cannot be written, because the disk is full: make room on it.`,
    );
  },
);

function cutOff(path: string): void {
  copyFileSync(here.file, path);
  truncateSync(path, 20_000);
}
