import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { OBSTACLE_RETRY_MS } from "../../src/limits.ts";
import type { Store } from "../../src/store/contract.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { inThreadLinks } from "../../src/store/sqlite/front/links.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { DELIVERED, NOW, Scene } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

interface Shared extends Disposable {
  readonly store: Store;
  readonly scene: Scene;
  readonly clock: FakeClock;
  /** How often the writer was asked anything. */
  readonly asked: () => number;
  /** What the store told of being held, in order. */
  readonly told: readonly boolean[];
  readonly fatal: readonly Error[];
  /** Another program takes the right to write, and keeps it until it lets go. */
  hold(): void;
  letGo(): void;
}

async function sharedDatabase(): Promise<Shared> {
  const directory = temporaryDirectory();
  const path = join(directory.path, "posthorn.db");
  const db = openWriting(path);
  // Both are in this thread, so waiting for each other would never end.
  db.run("PRAGMA busy_timeout = 0");
  const other = new Database(path);
  const clock = createFakeClock();
  const [told, fatal]: [boolean[], Error[]] = [[], []];
  let asked = 0;
  const links = inThreadLinks(db);
  const run: typeof links.writer.run = (batch) => {
    asked += 1;
    return links.writer.run(batch);
  };
  const options = storeOptions({ clock, onFatal: (error) => fatal.push(error), onBusy: (isBusy) => told.push(isBusy) });
  const store = await createSqliteStore({ ...options, ...links, writer: { ...links.writer, run }, unlock: () => {} });
  return {
    ...{ store, scene: new Scene(store), clock, told, fatal },
    asked: () => asked,
    hold: () => void other.run("BEGIN IMMEDIATE"),
    letGo: () => void other.run("ROLLBACK"),
    [Symbol.dispose]() {
      other.close();
      db.close();
      directory[Symbol.dispose]();
    },
  };
}

const BUSY = { status: "rejected", reason: { name: "StoreError", code: "busy" } };

describe("while another program holds the database", () => {
  test("an event is refused, nothing of it is kept, and it is taken when that one has let go", async () => {
    using shared = await sharedDatabase();
    const { store, scene, clock, told, fatal } = shared;
    await scene.webhook();
    const event = scene.newEvent({ id: "mine" });
    shared.hold();
    expect(await Promise.allSettled([store.ingest(event), store.probe(NOW)])).toMatchObject([BUSY, BUSY]);
    await clock.advance(3 * OBSTACLE_RETRY_MS);
    expect(await Promise.allSettled([store.ingest(event)])).toMatchObject([BUSY]);
    expect(await store.findEvent("acme", "mine")).toBeNull();
    expect(told).toEqual([true]);
    shared.letGo();
    await clock.advance(OBSTACLE_RETRY_MS);
    expect(told).toEqual([true, false]);
    expect(await store.ingest(event)).toMatchObject({ kind: "accepted", deliveries: [{ isRetry: false }] });
    expect([fatal, clock.pending]).toEqual([[], 0]);
  });

  test("only the first refusal has waited for it; the others cost it nothing", async () => {
    using shared = await sharedDatabase();
    shared.hold();
    await Promise.allSettled([shared.scene.ingest()]);
    const before = shared.asked();
    for (let n = 0; n < 20; n++) expect(await Promise.allSettled([shared.scene.ingest()])).toMatchObject([BUSY]);
    expect(shared.asked()).toBe(before);
  });

  test("what only reads goes on, on both ways to the database", async () => {
    using shared = await sharedDatabase();
    const { store, scene } = shared;
    const webhook = await scene.webhook();
    await scene.ingest();
    shared.hold();
    const [refused, found] = await Promise.allSettled([scene.ingest(), store.findKey("nobody's")]);
    expect([refused, found]).toMatchObject([BUSY, { status: "fulfilled", value: null }]);
    const ready = await store.seek({ webhook: webhook.key, isRetry: false, limit: 5 });
    expect(ready).toHaveLength(1);
    expect(await store.claim(ready)).toHaveLength(1);
    expect(await store.pending()).toBe(1);
    expect(await store.stats()).toMatchObject({ pending: 1 });
  });

  test("an outcome waits, leased, and is the first to be written when that one has let go", async () => {
    using shared = await sharedDatabase();
    const { store, scene, clock } = shared;
    const webhook = await scene.webhook();
    const claimed = await scene.claimed();
    shared.hold();
    const order: string[] = [];
    const settling = scene.settle(claimed, DELIVERED).then(({ kind }) => order.push(kind));
    await clock.advance(5 * OBSTACLE_RETRY_MS);
    expect(await store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })).toEqual([]);
    expect(await scene.entry(webhook, claimed.deliveryId)).toMatchObject({ state: "sending", attempts: 0 });
    expect(order).toEqual([]);
    shared.letGo();
    await clock.advance(OBSTACLE_RETRY_MS);
    await Promise.all([settling, scene.ingest().then(() => order.push("event"))]);
    expect(order).toEqual(["kept", "event"]);
    expect(await scene.entry(webhook, claimed.deliveryId)).toMatchObject({ state: "delivered", attempts: 1 });
    expect(clock.pending).toBe(0);
  });

  test("a close tries once more, and says of what it could not write that it did not", async () => {
    using shared = await sharedDatabase();
    const { store, scene, clock } = shared;
    await scene.webhook();
    const claimed = await scene.claimed();
    shared.hold();
    const settling = scene.settle(claimed, DELIVERED);
    const [settled] = await Promise.all([Promise.allSettled([settling]), clock.settle().then(() => store.close())]);
    expect(settled).toMatchObject([BUSY]);
    expect([shared.fatal, clock.pending]).toEqual([[], 0]);
  });
});
