import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { DELIVERED, EXHAUSTED, NOW, type Open, retryIn, Scene, TENANT } from "./scene.ts";

const OLD = { startedAt: NOW - 1_000, durationMs: 0 };
const OLD_EVENT = { createdAt: NOW - 2_000, dueAt: NOW - 2_000 };

export function upkeepPromises(open: Open): void {
  describe("tidying", () => {
    test("removes what was finished before, with its attempts and its event, and nothing younger", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const old = [
        await scene.settled(DELIVERED, { ...OLD_EVENT, id: "a" }, OLD),
        await scene.settled(EXHAUSTED, { ...OLD_EVENT, id: "b" }, OLD),
      ];
      const young = await scene.settled(DELIVERED, { ...OLD_EVENT, id: "c" }, { startedAt: NOW });
      expect(await scene.tidy()).toEqual({ rows: 6, more: false });
      for (const { deliveryId } of old) expect(await opened.store.findLog(webhook.key, deliveryId)).toBeNull();
      expect(await scene.entry(webhook, young.deliveryId)).toMatchObject({ state: "delivered" });
      expect((await opened.store.listEvents(TENANT, { limit: 9, before: null })).rows.map(({ id }) => id)).toEqual([
        "c",
      ]);
      expect((await scene.ingest({ id: "a", data: '{"other":1}' })).kind).toBe("accepted");
    });

    test("gives no key again, also after a restart: a cursor outlives the row that it names", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const old = await scene.settled(DELIVERED, OLD_EVENT, OLD);
      const [before] = (await opened.store.listEvents(TENANT, { limit: 1, before: null })).rows;
      expect((await scene.tidy()).rows).toBe(3);
      const store = opened.reopen === null ? opened.store : await opened.reopen();
      const event = { ...scene.newEvent({ id: "next" }), firstDeliveryId: scene.id("delivery") };
      const next = await store.ingest(event);
      if (next.kind !== "accepted" || before === undefined) throw new Error("the events were not accepted");
      expect(next.event.row).toBeGreaterThan(before.row);
      expect(next.deliveries[0]?.key).toBeGreaterThan(old.lease.delivery);
    });

    test("keeps an event as long as one delivery needs it", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const failed = await scene.settled(EXHAUSTED, { ...OLD_EVENT, id: "mine" }, OLD);
      const ready = await opened.store.resend(webhook.key, failed.deliveryId, scene.id("delivery"), NOW);
      expect(await scene.tidy()).toEqual({ rows: 2, more: false });
      if (ready === null) throw new Error("nothing was resent");
      expect((await scene.claim(ready)).body).toBe(failed.body);
    });

    test("removes old events that nobody had subscribed to", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.ingest({ ...OLD_EVENT, id: "old" });
      await scene.ingest({ id: "young" });
      expect(await scene.tidy()).toEqual({ rows: 1, more: false });
      expect(await opened.store.findEvent(TENANT, "old")).toBeNull();
      expect(await opened.store.findEvent(TENANT, "young")).not.toBeNull();
    });

    test("never touches what an active webhook has pending, whatever its age", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const delivery = await scene.delivery(OLD_EVENT);
      await scene.settled(retryIn(1_000), OLD_EVENT, OLD);
      expect(await scene.tidy({ before: NOW + 86_400_000 })).toEqual({ rows: 0, more: false });
      expect((await scene.claim(delivery)).attempts).toBe(0);
    });

    test("cancels what a webhook that is off has held for too long", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const [old, young] = [await scene.delivery(OLD_EVENT), await scene.delivery()];
      await opened.store.updateWebhook(TENANT, webhook.id, { active: false }, NOW, POSTHORN);
      expect(await scene.tidy()).toEqual({ rows: 1, more: false });
      const stateOf = async (id?: string) => (await scene.entry(webhook, id ?? "")).state;
      expect(await stateOf(old.payload?.deliveryId)).toBe("cancelled");
      expect(await stateOf(young.payload?.deliveryId)).toBe("pending");
      await opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW, POSTHORN);
      expect((await opened.store.claim([old, young])).map(({ lease }) => lease.delivery)).toEqual([young.key]);
    });

    test("cancels in chunks what a deleted webhook left, and the webhook goes with its last delivery", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      for (let count = 0; count < 5; count++) await scene.delivery();
      const flying = await scene.claimed();
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      const chunks = [
        await scene.tidy({ maxRows: 2 }),
        await scene.tidy({ maxRows: 2 }),
        await scene.tidy({ maxRows: 2 }),
      ];
      expect(chunks).toEqual([
        { rows: 2, more: true },
        { rows: 2, more: true },
        { rows: 1, more: false },
      ]);
      expect(await scene.entry(webhook, flying.deliveryId)).toMatchObject({ state: "sending" });
      await scene.settle(flying, DELIVERED, { startedAt: NOW, durationMs: 0 });
      const find = () => opened.store.findWebhook(TENANT, webhook.id, { deletedToo: true });
      expect(await find()).not.toBeNull();
      await scene.tidy({ before: NOW + 1 });
      expect(await find()).toBeNull();
    });

    test("removes expired sessions, and keys that expired long ago", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const [ended, lasting] = [scene.newKey({ expiresAt: NOW - 10 }), scene.newKey({ expiresAt: NOW + 1 })];
      for (const key of [ended, lasting]) {
        await store.createKey(key, POSTHORN);
        await store.createSession({ hash: `of ${key.hash}`, keyHash: key.hash, expiresAt: NOW + 1 });
      }
      await store.createSession({ hash: "ended", keyHash: "configured", expiresAt: NOW });
      await store.findKey(ended.hash);
      expect(await scene.tidy({ before: NOW - 10 })).toEqual({ rows: 3, more: false });
      expect(await store.findKey(ended.hash)).toBeNull();
      expect((await store.listKeys(null, { limit: 10, before: null })).rows.map(({ id }) => id)).toEqual([lasting.id]);
      expect(await store.findSession(`of ${lasting.hash}`, NOW)).not.toBeNull();
    });

    test("has room for what comes after it: cursors and keys of rows are not given twice", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const old = await scene.settled(DELIVERED, OLD_EVENT, OLD);
      await scene.tidy();
      const young = await scene.delivery();
      expect(young.key).toBeGreaterThan(old.lease.delivery);
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      await scene.tidy();
      await scene.tidy({ before: NOW + 1_000 });
      expect((await scene.webhook()).key).toBeGreaterThan(webhook.key);
    });
  });

  describe("upkeep", () => {
    test("counts what there is", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      expect(await opened.store.stats()).toMatchObject({ webhooks: 0, pending: 0, oldestDueAt: null });
      const [, off, deleted] = [
        await scene.webhook({ events: ["a"] }),
        await scene.webhook({ events: ["b"] }),
        await scene.webhook(),
      ];
      await opened.store.deleteWebhook(TENANT, deleted.id, NOW, POSTHORN);
      await scene.delivery({ type: "a", dueAt: NOW - 3 });
      await scene.delivery({ type: "b", dueAt: NOW - 9 });
      await scene.settled(DELIVERED, { type: "a" });
      await opened.store.updateWebhook(TENANT, off.id, { active: false }, NOW, POSTHORN);
      expect(await opened.store.stats()).toMatchObject({ webhooks: 2, pending: 2, oldestDueAt: NOW - 3 });
      expect((await opened.store.stats()).databaseBytes).toBeGreaterThan(0);
    });

    test("gives freed space back, some pages at a time", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const data = JSON.stringify({ filler: "x".repeat(100_000) });
      for (let count = 0; count < 8; count++) await scene.settled(DELIVERED, { ...OLD_EVENT, data }, OLD);
      const { databaseBytes: full } = await opened.store.stats();
      await scene.tidy();
      expect(await opened.store.reclaim(50)).toEqual({ pages: 50, more: true });
      while ((await opened.store.reclaim(50)).more);
      expect(await opened.store.reclaim(50)).toEqual({ pages: 0, more: false });
      expect((await opened.store.stats()).databaseBytes).toBeLessThan(full - 700_000);
    });

    test("proves that a write reaches the disk", async () => {
      await using opened = await open();
      await opened.store.probe(NOW);
      await opened.store.probe(NOW + 1);
    });

    test("finishes what was asked for when it closes, and takes nothing after", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const asked = scene.ingest({ id: "last" });
      const closed = opened.store.close();
      const refused = await Promise.allSettled([scene.ingest(), opened.store.stats(), opened.store.findKey("x")]);
      expect((await asked).kind).toBe("accepted");
      await closed;
      await opened.store.close();
      for (const { status, ...rest } of refused) {
        expect(status).toBe("rejected");
        expect(rest).toMatchObject({ reason: { name: "StoreError", code: "closed" } });
      }
    });
  });
}
