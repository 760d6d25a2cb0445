import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/store/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { clearUpRestore } from "../../src/store/replacement.ts";
import { Rotation } from "../../src/store/sqlite/rotation.ts";
import { Scene } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";
import { restore, stepsOf } from "./restore-request.ts";

const PROGRAM = join(import.meta.dir, "restore-program.ts");
const LOG = "posthorn.db-wal";
setDefaultTimeout(60_000);

/** What a restore may find in place. */
const FINDINGS: Readonly<Record<string, (dataDir: string) => void>> = {
  "a database": () => {},
  "a database whose log is damaged": (dataDir) => {
    const log = readFileSync(join(dataDir, LOG));
    writeFileSync(join(dataDir, LOG), log.fill(0xff, log.length - 64));
  },
};

/** A data directory as a killed server leaves it, log and all, with the event `old`; and a backup with the event `new`. */
async function prepare(path: string): Promise<{ readonly dataDir: string; readonly file: string }> {
  const [living, dataDir, file] = [join(path, "living"), join(path, "data"), join(path, "backup.db")];
  const store = await openStore(storeOptions({ dataDir: living }));
  const scene = new Scene(store);
  await scene.webhook();
  await scene.ingest({ id: "new" });
  backUp({ dataDir: living, file });
  await scene.ingest({ id: "old" });
  cpSync(living, dataDir, { recursive: true });
  await store.close();
  return { dataDir, file };
}

test.each(Object.keys(FINDINGS))(
  "a restore that is killed before any of its steps leaves %s in full until the backup is in place in full",
  async (finding) => {
    using directory = temporaryDirectory();
    const { dataDir, file } = await prepare(directory.path);
    FINDINGS[finding]?.(dataDir);
    const pristine = join(directory.path, "pristine");
    cpSync(dataDir, pristine, { recursive: true });
    const steps = stepsOf(dataDir, file);
    expect(steps.length).toBeGreaterThan(7);
    const ends = await Promise.all(
      steps.map(async (step, n) => {
        const killed = join(directory.path, `killed-${n}`);
        cpSync(pristine, killed, { recursive: true });
        expect(await killAt(step, killed, file)).toBe(128 + 9);
        return stateOf(killed, pristine);
      }),
    );
    expect(ends).toEqual(steps.map(() => "old"));
    // The directory on which all steps were done.
    expect(await stateOf(dataDir, pristine)).toBe("new");
  },
);

test("a restore after a killed one does the whole of it", async () => {
  using directory = temporaryDirectory();
  const { dataDir, file } = await prepare(directory.path);
  expect(await killAt("Putting the backup in its place.", dataDir, file)).toBe(128 + 9);
  expect(existsSync(join(dataDir, "posthorn.db.restoring"))).toBe(true);
  const { keptPath } = restore(dataDir, file);
  const names = readdirSync(dataDir).map((name) => join(dataDir, name));
  expect(names.filter((name) => name.includes("replaced"))).toEqual([String(keptPath)]);
  expect(existsSync(join(dataDir, "posthorn.db.restoring"))).toBe(false);
});

test("the sealing key is not changed where a killed restore is not cleared up", async () => {
  using directory = temporaryDirectory();
  const { dataDir, file } = await prepare(directory.path);
  expect(await killAt("Putting the backup in its place.", dataDir, file)).toBe(128 + 9);
  expect(() => new Rotation(dataDir)).toThrow(/^A restore was cut off here: /);
  clearUpRestore(dataDir);
  new Rotation(dataDir)[Symbol.dispose]();
});

test("clearing up after a killed restore may be cut off too", async () => {
  using directory = temporaryDirectory();
  const { dataDir, file } = await prepare(directory.path);
  FINDINGS["a database whose log is damaged"]?.(dataDir);
  const before = bytesOf(dataDir);
  expect(await killAt("Putting the backup in its place.", dataDir, file)).toBe(128 + 9);
  // It has given the log back, and died.
  const keptLog = readdirSync(dataDir).find((name) => name.includes("replaced") && name.endsWith("-wal"));
  linkSync(join(dataDir, String(keptLog)), join(dataDir, LOG));
  clearUpRestore(dataDir);
  expect(bytesOf(dataDir)).toBe(before);
  expect(readdirSync(dataDir).sort()).toEqual(["posthorn.db", LOG, "posthorn.lock"]);
});

test("where a restore was killed that found no database, a start makes one", async () => {
  using directory = temporaryDirectory();
  const { file } = await prepare(directory.path);
  const dataDir = join(directory.path, "fresh");
  mkdirSync(dataDir);
  expect(await killAt("Putting the backup in its place.", dataDir, file)).toBe(128 + 9);
  const store = await openStore(storeOptions({ dataDir }));
  expect((await store.stats()).webhooks).toBe(0);
  await store.close();
  expect(readdirSync(dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
});

async function killAt(step: string, dataDir: string, file: string): Promise<number> {
  const program = Bun.spawn([process.execPath, PROGRAM, dataDir, file, step], { stdout: "ignore", stderr: "inherit" });
  return program.exited;
}

/** What a start finds there. A damaged database has to be there to the byte, since nobody knows what can be saved of it. */
async function stateOf(dataDir: string, pristine: string): Promise<"old" | "new" | "neither"> {
  clearUpRestore(dataDir);
  const isUntouched = bytesOf(dataDir) === bytesOf(pristine);
  const leftovers = readdirSync(dataDir).filter((name) => name.includes("restoring"));
  const store = await openStore(storeOptions({ dataDir }));
  const events = [await store.findEvent("acme", "old"), await store.findEvent("acme", "new")].map((event) => event?.id);
  await store.close();
  if (leftovers.length > 0) return "neither";
  if (events.includes("old") || isUntouched) return "old";
  return events.includes("new") ? "new" : "neither";
}

function bytesOf(dataDir: string): string {
  return ["posthorn.db", LOG]
    .map((name) => join(dataDir, name))
    .map((path) => (existsSync(path) ? readFileSync(path, "latin1") : ""))
    .join();
}
