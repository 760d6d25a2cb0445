import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { POSTHORN } from "../../src/domain/audit.ts";
import { sealingKeyId } from "../../src/domain/sealing-key.ts";
import { DISK_LOOK_MS } from "../../src/limits.ts";
import { openStore } from "../../src/store/open.ts";
import { lockDirectory } from "../../src/store/sqlite/lock.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { Scene } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

const SENTENCE = /^[^\n]+[.]$/;

function refusal(dataDir: string, changes: Parameters<typeof storeOptions>[0] = {}) {
  return openStore(storeOptions({ dataDir, ...changes })).then(
    () => "it opened",
    (error) => ({ name: error.name, message: error.message }),
  );
}

function withDatabase(dataDir: string, change: (db: Database) => void): void {
  const db = new Database(join(dataDir, "posthorn.db"), { create: true, readwrite: true });
  change(db);
  db.close();
}

const removed = (path: string) => rmSync(path);
const replaced = (path: string) => {
  renameSync(path, `${path}.before`);
  cpSync(`${path}.before`, path);
};

describe("a data directory", () => {
  test("stays ours when nothing in this process can reach the lock any more", async () => {
    using directory = temporaryDirectory();
    const lockAndForget = () => void lockDirectory(directory.path);
    lockAndForget();
    Bun.gc(true);
    expect(await refusal(directory.path)).toMatchObject({
      name: "StoreOpenError",
      message: expect.stringContaining("Another Posthorn is using the data directory"),
    });
  });

  test("is made when it is missing, for its owner alone", async () => {
    using directory = temporaryDirectory();
    const dataDir = join(directory.path, "one", "two");
    const store = await openStore(storeOptions({ dataDir }));
    await store.close();
    expect(readdirSync(dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
  });

  test("is held by one store at a time", async () => {
    using directory = temporaryDirectory();
    const first = await openStore(storeOptions({ dataDir: directory.path }));
    expect(await refusal(directory.path)).toEqual({
      name: "StoreOpenError",
      message: `Another Posthorn is using the data directory ${directory.path}: stop it, or set POSTHORN_DATA_DIR to another directory.`,
    });
    await first.probe(1);
    await first.close();
    await (await openStore(storeOptions({ dataDir: directory.path }))).close();
  });

  test("is free again when the process that held it was killed", async () => {
    using directory = temporaryDirectory();
    const program = `
      const { openStore } = await import(${JSON.stringify(join(import.meta.dir, "../../src/store/open.ts"))});
      const { storeOptions } = await import(${JSON.stringify(join(import.meta.dir, "open-sqlite.ts"))});
      await openStore(storeOptions({ dataDir: ${JSON.stringify(directory.path)} }));
      process.stdout.write("open");`;
    const holder = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
    await holder.stdout.getReader().read();
    expect(await refusal(directory.path)).toMatchObject({ message: expect.stringMatching(/^Another Posthorn/) });
    holder.kill("SIGKILL");
    await holder.exited;
    await (await openStore(storeOptions({ dataDir: directory.path }))).close();
  });

  test.each(["posthorn.lock", "posthorn.db"])("whose %s is removed or replaced is given up at once", async (name) => {
    for (const change of [removed, replaced]) {
      using directory = temporaryDirectory();
      const clock = createFakeClock();
      const fatal: string[] = [];
      const onFatal = ({ message }: Error) => fatal.push(message);
      const store = await openStore(storeOptions({ dataDir: directory.path, clock, onFatal }));
      await clock.advance(5 * DISK_LOOK_MS);
      expect(fatal).toEqual([]);
      const path = join(directory.path, name);
      change(path);
      await clock.advance(DISK_LOOK_MS);
      expect(fatal).toEqual([expect.stringContaining(`${path} was removed or replaced while it was in use`)]);
      expect(await Promise.allSettled([store.probe(1)])).toMatchObject([{ reason: { code: "closed" } }]);
      await store.close();
      expect(clock.pending).toBe(0);
    }
  });

  test("that is removed as a whole is given up too", async () => {
    using directory = temporaryDirectory();
    const clock = createFakeClock();
    const fatal: Error[] = [];
    const dataDir = join(directory.path, "data");
    const store = await openStore(storeOptions({ dataDir, clock, onFatal: (error) => fatal.push(error) }));
    rmSync(dataDir, { recursive: true });
    await clock.advance(DISK_LOOK_MS);
    expect(fatal).toHaveLength(1);
    await store.close();
  });

  test.each(["posthorn.lock", "posthorn.db"])(
    "whose %s is a symbolic link is refused, and nothing is made there",
    async (name) => {
      using directory = temporaryDirectory();
      const [dataDir, elsewhere] = [join(directory.path, "data"), join(directory.path, "elsewhere")];
      for (const path of [dataDir, elsewhere]) mkdirSync(path);
      symlinkSync(join(elsewhere, name), join(dataDir, name));
      expect(await refusal(dataDir)).toEqual({
        name: "StoreOpenError",
        message: `${join(dataDir, name)} is a symbolic link: put the file itself there, or set POSTHORN_DATA_DIR to the directory that it lies in.`,
      });
      expect(readdirSync(elsewhere)).toEqual([]);
    },
  );

  test("may itself be reached by a symbolic link", async () => {
    using directory = temporaryDirectory();
    const [dataDir, link] = [join(directory.path, "data"), join(directory.path, "link")];
    mkdirSync(dataDir);
    symlinkSync(dataDir, link);
    await (await openStore(storeOptions({ dataDir: link }))).close();
    expect(readdirSync(dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
  });

  test("that cannot be made is told", async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, "file");
    writeFileSync(file, "");
    expect(await refusal(join(file, "data"))).toMatchObject({
      name: "StoreOpenError",
      message: expect.stringMatching(/cannot be made: make its parent writable/),
    });
  });

  test("in which nothing can be written is told", async () => {
    using directory = temporaryDirectory();
    mkdirSync(join(directory.path, "posthorn.lock"));
    expect(await refusal(directory.path)).toMatchObject({
      name: "StoreOpenError",
      message: expect.stringMatching(/posthorn\.lock cannot be written: make its directory writable/),
    });
  });
});

describe("a database", () => {
  test("is made with every page and every commit as the design has it", async () => {
    using directory = temporaryDirectory();
    await (await openStore(storeOptions({ dataDir: directory.path }))).close();
    withDatabase(directory.path, (db) => {
      const pragma = (name: string) => Object.values(db.query(`PRAGMA ${name}`).get() ?? {})[0];
      expect([pragma("auto_vacuum"), pragma("journal_mode"), pragma("user_version")]).toEqual([2, "wal", 2]);
      expect(pragma("application_id")).toBe(0x5068526e);
      expect(db.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      expect(db.query("PRAGMA foreign_key_check").all()).toEqual([]);
      const loose = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND strict = 0";
      expect(db.query(`${loose} AND name NOT LIKE 'sqlite_%'`).all()).toEqual([]);
    });
  });

  test.skipIf(process.platform === "win32")(
    "is its owner's alone, log and all, in a directory that others can read (needs modes of files)",
    async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o755);
      const store = await openStore(storeOptions({ dataDir: directory.path }));
      await store.probe(1);
      for (const name of ["posthorn.db", "posthorn.db-wal", "posthorn.db-shm", "posthorn.lock"]) {
        expect(statSync(join(directory.path, name)).mode & 0o777).toBe(0o600);
      }
      await store.close();
    },
  );

  test("whose making was cut off is made again", async () => {
    using directory = temporaryDirectory();
    withDatabase(directory.path, (db) => {
      db.run("PRAGMA auto_vacuum = INCREMENTAL");
      db.run("PRAGMA journal_mode = WAL");
    });
    const store = await openStore(storeOptions({ dataDir: directory.path }));
    await new Scene(store).webhook();
    await store.close();
  });

  test("that a crash left half written, before it had a write-ahead log, is mended and opens", async () => {
    using whole = temporaryDirectory();
    using crashed = temporaryDirectory();
    const store = await openStore(storeOptions({ dataDir: whole.path }));
    const made = await new Scene(store).webhook();
    await store.close();
    withDatabase(whole.path, (db) => {
      for (const pragma of ["journal_mode = DELETE", "cache_size = 1", "cache_spill = 1"]) db.run(`PRAGMA ${pragma}`);
      db.run("BEGIN");
      db.run("UPDATE webhooks SET secrets = 'overwritten'");
      db.run("CREATE TABLE large AS SELECT randomblob(100000) FROM webhooks");
      for (const name of ["posthorn.db", "posthorn.db-journal"]) {
        cpSync(join(whole.path, name), join(crashed.path, name));
      }
      db.run("ROLLBACK");
    });
    const mended = await openStore(storeOptions({ dataDir: crashed.path }));
    expect(await mended.findWebhook(made.tenant, made.id)).toEqual(made);
    await mended.close();
  });

  test("of a newer schema is left alone", async () => {
    using directory = temporaryDirectory();
    await (await openStore(storeOptions({ dataDir: directory.path }))).close();
    withDatabase(directory.path, (db) => db.run("PRAGMA user_version = 999"));
    expect(await refusal(directory.path)).toEqual({
      name: "StoreOpenError",
      message:
        "The database has schema 999 and this Posthorn knows 2: start the newer version that wrote it, or restore a backup.",
    });
    withDatabase(directory.path, (db) => expect(db.query("PRAGMA user_version").get()).toEqual({ user_version: 999 }));
  });

  test("of another program is left alone", async () => {
    using directory = temporaryDirectory();
    withDatabase(directory.path, (db) => db.run("CREATE TABLE theirs (a)"));
    expect(await refusal(directory.path)).toMatchObject({ message: expect.stringMatching(/of another program/) });
    withDatabase(directory.path, (db) =>
      expect(db.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" }),
    );
  });

  test("that is none is told", async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, "posthorn.db"), "this is not a database ".repeat(100));
    expect(await refusal(directory.path)).toMatchObject({
      message: expect.stringMatching(/is not a Posthorn database/),
    });
    expect(existsSync(join(directory.path, "posthorn.db-wal"))).toBe(false);
  });

  test("opens with the key that sealed it and with no other, and the refusal leaves nothing held", async () => {
    using directory = temporaryDirectory();
    const { path: dataDir } = directory;
    const store = await openStore(storeOptions({ dataDir }));
    const made = await new Scene(store).webhook();
    await store.close();
    // With another key even a migration that is due is not carried out.
    withDatabase(dataDir, (db) => db.run("PRAGMA user_version = 0"));
    const bytes = readFileSync(join(dataDir, "posthorn.db"));
    const otherKey = new Uint8Array(32).fill(8);
    const [wanted, atHand] = [storeOptions().secretKey, otherKey].map(sealingKeyId);
    expect(await refusal(dataDir, { secretKey: otherKey })).toMatchObject({
      name: "StoreOpenError",
      message: expect.stringContaining(
        `another key (its id is ${wanted}) than the one at hand (${atHand}): set POSTHORN_SECRET`,
      ),
    });
    expect(readFileSync(join(dataDir, "posthorn.db"))).toEqual(bytes);
    withDatabase(dataDir, (db) => db.run("PRAGMA user_version = 2"));
    const again = await openStore(storeOptions({ dataDir }));
    expect(await again.findWebhook(made.tenant, made.id)).toEqual(made);
    await again.close();
  });

  test("tells what is wrong in one sentence", async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, "posthorn.db"), "nothing of ours ".repeat(100));
    expect(await refusal(directory.path)).toMatchObject({ message: expect.stringMatching(SENTENCE) });
  });
});

describe("a secret", () => {
  const SECRET = "whsec_found-nowhere-on-the-disk";
  const VALUE = "header value found nowhere on the disk";

  test("is nowhere in the files, nor is a header's value", async () => {
    using directory = temporaryDirectory();
    const store = await openStore(storeOptions({ dataDir: directory.path }));
    const scene = new Scene(store);
    const { tenant, id } = await scene.webhook({ secret: SECRET, headers: [["X-Token", VALUE]] });
    await store.updateWebhook(tenant, id, { secret: `${SECRET} 2`, headers: [["X-Token", `${VALUE} 2`]] }, 1, POSTHORN);
    await scene.claimed();
    const sweep = () =>
      readdirSync(directory.path)
        .map((name) => readFileSync(join(directory.path, name), "latin1"))
        .join();
    expect(sweep()).toContain("receiver.example");
    for (const text of [SECRET, VALUE]) expect(sweep()).not.toContain(text);
    await store.close();
    for (const text of [SECRET, VALUE]) expect(sweep()).not.toContain(text);
  });

  test("opens in no other row", async () => {
    using directory = temporaryDirectory();
    const { path: dataDir } = directory;
    const fatal: Error[] = [];
    const store = await openStore(storeOptions({ dataDir }));
    const scene = new Scene(store);
    const [one, two] = [await scene.webhook({ secret: "one" }), await scene.webhook({ secret: "two" })];
    await store.close();
    withDatabase(dataDir, (db) => db.run("UPDATE webhooks SET secrets = (SELECT secrets FROM webhooks WHERE seq = 1)"));
    const moved = await openStore(storeOptions({ dataDir, onFatal: (error) => fatal.push(error) }));
    expect((await moved.findWebhook(one.tenant, one.id))?.secret).toBe("one");
    const [unopened] = await Promise.allSettled([moved.findWebhook(two.tenant, two.id)]);
    expect(unopened).toMatchObject({ status: "rejected", reason: { code: "closed" } });
    expect(fatal).toHaveLength(1);
    await moved.close();
  });
});
