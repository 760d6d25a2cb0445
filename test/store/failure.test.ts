import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { READ_MAX_MS } from "../../src/limits.ts";
import { openStore } from "../../src/store/open.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { inThreadLinks, type Links } from "../../src/store/sqlite/front/links.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { BatchResult } from "../../src/store/sqlite/writer.ts";
import type { Clock } from "../../src/world.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { DELIVERED, NOW, Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

const CLOSED = { status: "rejected", reason: { name: "StoreError", code: "closed" } };

/** A store whose way to the database the test bends. */
async function bentStore(bend: (links: Links) => Links, clock: Clock = createFakeClock()) {
  const fatal: Error[] = [];
  const options = { ...storeOptions({ clock, onFatal: (error) => fatal.push(error) }), unlock: () => {} };
  const store = await createSqliteStore({ ...options, ...bend(inThreadLinks(openWriting(":memory:"))) });
  return { store, scene: new Scene(store), fatal };
}

describe("a failure that nobody foresaw", () => {
  test("is told once, and nothing is acknowledged after it", async () => {
    let broken = false;
    const answer: BatchResult = { kind: "fatal", reason: "disk I/O error" };
    const { store, scene, fatal } = await bentStore((links) => ({
      ...links,
      writer: { ...links.writer, run: (batch) => (broken ? Promise.resolve(answer) : links.writer.run(batch)) },
    }));
    await scene.webhook();
    const claimed = await scene.claimed();
    broken = true;
    const underWay = [scene.ingest(), scene.settle(claimed, DELIVERED), store.probe(NOW)];
    expect(await Promise.allSettled(underWay)).toMatchObject([CLOSED, CLOSED, CLOSED]);
    broken = false;
    expect(await Promise.allSettled([scene.ingest(), store.release(claimed.lease)])).toMatchObject([CLOSED, {}]);
    expect(fatal.map(({ message }) => message)).toEqual(["The store has failed: disk I/O error"]);
  });

  test("of the reader too", async () => {
    const { store, fatal } = await bentStore((links) => ({
      ...links,
      reader: { ...links.reader, ask: async () => ({ kind: "fatal", reason: "malformed" }) },
    }));
    expect(await Promise.allSettled([store.stats(), store.stats()])).toMatchObject([CLOSED, CLOSED]);
    expect(await Promise.allSettled([store.probe(NOW)])).toMatchObject([CLOSED]);
    expect(fatal).toHaveLength(1);
  });

  test("of a damaged seal, which is told with its webhook", async () => {
    using directory = temporaryDirectory();
    const fatal: Error[] = [];
    const dataDir = directory.path;
    await fillWithDamagedSeal(dataDir);
    const store = await openStore(storeOptions({ dataDir, onFatal: (error) => fatal.push(error) }));
    expect(await Promise.allSettled([store.listWebhooks(TENANT, { limit: 1, before: null })])).toMatchObject([CLOSED]);
    expect(fatal.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The store has failed: Error: the row of webhook_[0-9a-z]{26} is damaged \(/),
    ]);
  });

  test("of a damaged file, whether it shows at the start or later", async () => {
    const startsWith = async (damagedFromPage: number) => {
      using directory = temporaryDirectory();
      const fatal: Error[] = [];
      const dataDir = directory.path;
      await fill(dataDir);
      await damage(join(dataDir, "posthorn.db"), damagedFromPage);
      const store = await openStore(storeOptions({ dataDir, onFatal: (error) => fatal.push(error) }));
      expect(await Promise.allSettled([new Scene(store).ingest({ id: "7" })])).toMatchObject([CLOSED]);
      expect(fatal.map(({ message }) => message)).toEqual([expect.stringMatching(/malformed/)]);
      await Promise.allSettled([store.close()]);
    };
    await startsWith(PAGE_OF_ROWS);
    const [unopened] = await Promise.allSettled([startsWith(PAGE_OF_SCHEMA)]);
    expect(unopened).toMatchObject({
      reason: { name: "StoreOpenError", message: expect.stringMatching(/restore a backup/) },
    });
  });
});

const PAGE_BYTES = 4_096;
const PAGE_OF_SCHEMA = 3;
const PAGE_OF_ROWS = 50;

async function fill(dataDir: string): Promise<void> {
  const store = await openStore(storeOptions({ dataDir }));
  const scene = new Scene(store);
  const data = JSON.stringify({ filler: "x".repeat(9_000) });
  for (let id = 0; id < 50; id++) await scene.ingest({ id: `${id}`, data });
  await store.close();
}

async function fillWithDamagedSeal(dataDir: string): Promise<void> {
  const store = await openStore(storeOptions({ dataDir }));
  await new Scene(store).webhook();
  await store.close();
  using db = new Database(join(dataDir, "posthorn.db"));
  db.run("UPDATE webhooks SET secrets = replace(secrets, '.', '._')");
}

async function damage(path: string, fromPage: number): Promise<void> {
  const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
  await Bun.write(path, bytes.fill(0xff, PAGE_BYTES * fromPage));
}

describe("a read that takes too long", () => {
  test("is cut off with its reader, and the next one gets another", async () => {
    const clock = createFakeClock();
    const cut: string[] = [];
    const { store, fatal } = await bentStore((links) => {
      const stuck = { ...links.reader, ask: () => new Promise<never>(() => {}), cut: () => void cut.push("reader") };
      return { ...links, reader: stuck };
    }, clock);
    const reads = Promise.allSettled([store.stats(), store.listKeys(null, { limit: 1, before: null })]);
    await clock.advance(READ_MAX_MS - 1);
    expect(cut).toEqual([]);
    await clock.advance(1);
    expect(await reads).toMatchObject([
      { status: "rejected", reason: { name: "StoreError", code: "too_slow" } },
      { status: "fulfilled", value: { rows: [], next: null } },
    ]);
    expect([cut, fatal, clock.pending]).toEqual([["reader"], [], 0]);
  });

  test("is cut off in its thread too", async () => {
    using directory = temporaryDirectory();
    const clock = createFakeClock();
    let isImpatient = false;
    const after: Clock["after"] = (delayMs, wake) => {
      if (!isImpatient || delayMs !== READ_MAX_MS) return clock.after(delayMs, wake);
      isImpatient = false;
      queueMicrotask(wake);
      return () => {};
    };
    const store = await openStore(storeOptions({ dataDir: directory.path, clock: { after } }));
    const scene = new Scene(store);
    for (let round = 0; round < 3; round++) {
      isImpatient = true;
      const [slow] = await Promise.allSettled([store.stats()]);
      expect(slow).toMatchObject({ status: "rejected", reason: { code: "too_slow" } });
      const webhook = await scene.webhook();
      expect(await store.findWebhook(webhook.tenant, webhook.id)).toEqual(webhook);
    }
    await store.close();
  });
});

describe("writes that arrive together", () => {
  test("share a commit, and what arrives meanwhile shares the next", async () => {
    const batches: number[] = [];
    const { scene } = await bentStore((links) => ({
      ...links,
      writer: {
        ...links.writer,
        run: async (batch) => {
          batches.push(batch.length);
          const result = await links.writer.run(batch);
          await new Promise(setImmediate);
          return result;
        },
      },
    }));
    batches.length = 0;
    const first = Array.from({ length: 5 }, () => scene.ingest());
    await Promise.resolve().then(() => {});
    const meanwhile = Array.from({ length: 3 }, () => scene.ingest());
    await Promise.all([...first, ...meanwhile]);
    expect(batches).toEqual([5, 3]);
  });
});
