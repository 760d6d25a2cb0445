import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import { OBSTACLE_RETRY_MS } from "../../src/limits.ts";
import type { Store } from "../../src/store/contract.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { inThreadLinks } from "../../src/store/sqlite/front/links.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { DELIVERED, NOW, retryIn, Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions } from "./open-sqlite.ts";

interface Small {
  readonly store: Store;
  readonly scene: Scene;
  readonly clock: FakeClock;
  /** Leaves room for this many pages more than are used. */
  leaveRoom(pages: number): void;
  readonly fatal: readonly Error[];
}

/** A store on a disk whose size the test decides: SQLite gives the same error for a database at its page limit. */
async function smallDisk(): Promise<Small> {
  const db = openWriting(":memory:");
  const clock = createFakeClock();
  const fatal: Error[] = [];
  const options = { ...storeOptions({ clock, onFatal: (error) => fatal.push(error) }), unlock: () => {} };
  const store = await createSqliteStore({ ...options, ...inThreadLinks(db) });
  return { store, scene: new Scene(store), clock, leaveRoom: (pages) => leaveRoom(db, pages), fatal };
}

function leaveRoom(db: Database, pages: number): void {
  const used = db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
  db.run(`PRAGMA max_page_count = ${used + pages}`);
}

const LARGE = JSON.stringify({ filler: "x".repeat(200_000) });
const FULL = { status: "rejected", reason: { name: "StoreError", code: "full" } };

describe("on a full disk", () => {
  test("an event is refused, nothing of it is kept, and it is taken when there is room", async () => {
    const { store, scene, leaveRoom, fatal } = await smallDisk();
    await scene.webhook();
    leaveRoom(5);
    const event = scene.newEvent({ id: "mine", data: LARGE });
    expect(await Promise.allSettled([store.ingest(event), store.probe(NOW)])).toMatchObject([FULL, FULL]);
    expect(await store.findEvent("acme", "mine")).toBeNull();
    expect(await store.stats()).toMatchObject({ pending: 0 });
    leaveRoom(500);
    expect(await store.ingest(event)).toMatchObject({ kind: "accepted", deliveries: [{ isRetry: false }] });
    expect(fatal).toEqual([]);
  });

  test("what was matched is forgotten with the batch that was undone", async () => {
    const { store, scene, leaveRoom } = await smallDisk();
    leaveRoom(5);
    const [webhook, event] = await Promise.allSettled([scene.webhook(), scene.ingest({ data: LARGE })]);
    expect([webhook, event]).toMatchObject([FULL, FULL]);
    leaveRoom(500);
    expect(await scene.deliveries()).toEqual([]);
    expect(await store.stats()).toMatchObject({ webhooks: 0 });
  });

  test("an outcome waits in memory, leased, and is written by itself when there is room", async () => {
    const { store, scene, clock, leaveRoom } = await smallDisk();
    const webhook = await scene.webhook();
    const [first, second] = [await scene.claimed(), await scene.claimed()];
    leaveRoom(0);
    const body = new Uint8Array(100_000);
    const response = { headers: [], body, bodyEnd: "complete" } as const;
    const settled: unknown[] = [];
    for (const [claimed, next] of [
      [first, DELIVERED],
      [second, retryIn(1_000)],
    ] as const) {
      void scene.settle(claimed, next, { response }).then((answer) => settled.push(answer));
    }
    await clock.advance(5 * OBSTACLE_RETRY_MS);
    expect(settled).toEqual([]);
    expect(await store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })).toEqual([]);
    expect(
      await store.claim([
        { key: first.lease.delivery, webhook: webhook.key, dueAt: NOW, isRetry: false, bodyBytes: 2 },
      ]),
    ).toEqual([]);
    expect(await scene.entry(webhook, first.deliveryId)).toMatchObject({ state: "sending", attempts: 0 });
    leaveRoom(500);
    await clock.advance(OBSTACLE_RETRY_MS);
    expect(settled).toMatchObject([{ state: "delivered" }, { state: "pending", dueAt: NOW + 1_000 }]);
    expect(clock.pending).toBe(0);
  });

  test("a secret is shown as often as it could be noted that it was", async () => {
    const { store, scene, leaveRoom } = await smallDisk();
    const { id, secret } = await scene.webhook();
    leaveRoom(0);
    const outcomes: PromiseSettledResult<string | null>[] = [];
    for (let n = 0; n < 100; n++) {
      outcomes.push(...(await Promise.allSettled([store.readSecret(TENANT, id, NOW, POSTHORN)])));
    }
    const refused = outcomes.filter(({ status }) => status === "rejected");
    const shown = outcomes.filter(({ status }) => status === "fulfilled");
    expect(refused).not.toBeEmpty();
    for (const outcome of refused) expect(outcome).toMatchObject(FULL);
    for (const outcome of shown) expect(outcome).toMatchObject({ value: secret });
    const noted = await store.listAudit(null, { action: "secret.read" }, { limit: 200, before: null });
    expect(noted.rows).toHaveLength(shown.length);
  });

  test("outcomes go before every other write", async () => {
    const { scene, clock, leaveRoom } = await smallDisk();
    await scene.webhook();
    const claimed = await scene.claimed();
    leaveRoom(0);
    const order: string[] = [];
    const body = new Uint8Array(100_000);
    const response = { headers: [], body, bodyEnd: "complete" } as const;
    const settling = scene.settle(claimed, DELIVERED, { response }).then(() => order.push("outcome"));
    await clock.settle();
    expect(await Promise.allSettled([scene.ingest()])).toMatchObject([FULL]);
    leaveRoom(500);
    await Promise.all([scene.ingest().then(() => order.push("event")), settling]);
    expect(order).toEqual(["outcome", "event"]);
  });

  test("a close tries once more, and says of what it could not write that it did not", async () => {
    const { store, scene, leaveRoom, clock } = await smallDisk();
    await scene.webhook();
    const claimed = await scene.claimed();
    leaveRoom(0);
    const body = new Uint8Array(100_000);
    const settling = scene.settle(claimed, DELIVERED, { response: { headers: [], body, bodyEnd: "complete" } });
    const [settled] = await Promise.all([Promise.allSettled([settling]), clock.settle().then(() => store.close())]);
    expect(settled).toMatchObject([FULL]);
    expect(clock.pending).toBe(0);
  });
});
