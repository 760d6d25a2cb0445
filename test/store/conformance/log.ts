import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { LOG_EXAMINED_MAX } from "../../../src/limits.ts";
import type { LogFilter } from "../../../src/store/contract.ts";
import { allPages, DELIVERED, EXHAUSTED, NOW, type Open, retryIn, Scene, TENANT } from "./scene.ts";

export function logPromises(open: Open): void {
  describe("a log entry", () => {
    test("tells what became of its delivery", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const common = {
        eventType: "resume.created",
        webhookId: webhook.id,
        createdAt: NOW,
        isTest: false,
        resendOf: null,
      };
      const before = {
        ...common,
        url: webhook.url,
        statusCode: null,
        responseTimeMs: null,
        attempts: 0,
        lastAttemptAt: null,
      };
      const delivery = await scene.delivery();
      const id = delivery.payload?.deliveryId ?? "";
      expect(await scene.entry(webhook, id)).toMatchObject({
        ...before,
        state: "pending",
        nextRetryAt: NOW,
        error: null,
      });
      const claimed = await scene.claim(delivery);
      expect(await scene.entry(webhook, id)).toMatchObject({
        ...before,
        state: "sending",
        nextRetryAt: NOW,
        error: null,
      });
      const url = "https://then.example";
      await scene.settle(claimed, retryIn(1_000), { url, startedAt: NOW + 5 });
      const after = {
        ...common,
        url,
        statusCode: 500,
        responseTimeMs: 145,
        attempts: 1,
        lastAttemptAt: NOW + 5,
        deliveredAt: null,
      };
      const error = "HTTP 500 Internal Server Error";
      expect(await scene.entry(webhook, id)).toMatchObject({
        ...after,
        state: "pending",
        nextRetryAt: NOW + 1_000,
        error,
      });
      const failed = await scene.settled(EXHAUSTED, {}, { url, startedAt: NOW + 5 });
      expect(await scene.entry(webhook, failed.deliveryId)).toMatchObject({
        ...after,
        state: "failed",
        nextRetryAt: null,
        error,
      });
      const done = await scene.settled(DELIVERED);
      const delivered = { state: "delivered", statusCode: 200, deliveredAt: NOW + 145, nextRetryAt: null, error: null };
      expect(await scene.entry(webhook, done.deliveryId)).toMatchObject(delivered);
    });

    test("belongs to one webhook", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const [one, other] = [await scene.webhook(), await scene.webhook({ active: false })];
      const delivery = await scene.delivery();
      const id = delivery.payload?.deliveryId ?? "";
      expect((await opened.store.findLog(one.key, id))?.entry.row).toBe(delivery.key);
      expect((await opened.store.findLogEntry(one.key, id))?.row).toBe(delivery.key);
      expect(await opened.store.findLogEntry(other.key, id)).toBeNull();
      expect(await opened.store.findLog(other.key, id)).toBeNull();
      expect(await opened.store.findLog(one.key, "delivery_none")).toBeNull();
    });

    test("of a deleted webhook is cancelled before that is written, unless it is in flight", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const [waiting, flying] = [await scene.delivery(), await scene.claimed()];
      const written = await scene.settled(EXHAUSTED);
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      const id = waiting.payload?.deliveryId ?? "";
      expect(await scene.entry(webhook, id)).toMatchObject({ state: "cancelled", nextRetryAt: null });
      const statuses = { pending: [], sending: [flying.deliveryId], cancelled: [id], failed: [written.deliveryId] };
      for (const [status, ids] of Object.entries(statuses))
        expect(await idsOf(opened.store, webhook.key, { status })).toEqual(ids);
      await scene.tidy();
      expect(await idsOf(opened.store, webhook.key, { status: "cancelled" })).toEqual([id]);
    });
  });

  describe("a page of the logs", () => {
    test("is newest first, by state, by type, by both or by none", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key } = await scene.webhook();
      const made: { readonly id: string; readonly status: string; readonly eventType: string }[] = [];
      for (const status of [
        "delivered",
        "failed",
        "pending",
        "sending",
        "retrying",
        "delivered",
        "failed",
        "pending",
        "sending",
      ]) {
        for (const eventType of ["a.one", "a.two"]) {
          const id = await deliveryIn(scene, status, eventType);
          made.unshift({ id, status: status === "retrying" ? "pending" : status, eventType });
        }
      }
      for (const status of [undefined, "delivered", "failed", "pending", "sending", "cancelled"]) {
        for (const eventType of [undefined, "a.one", "a.two", "a.none"]) {
          const fits = (line: (typeof made)[number]) =>
            (status === undefined || line.status === status) &&
            (eventType === undefined || line.eventType === eventType);
          const filter = { ...(status && { status }), ...(eventType && { eventType }) };
          const expected = made.filter(fits).map(({ id }) => id);
          expect([filter, await idsOf(opened.store, key, filter)]).toEqual([filter, expected]);
        }
      }
    });

    test("of a state and a type finds what lies behind more rows than one page looks at", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key } = await scene.webhook();
      const expected = new Map<string, string>();
      for (const status of ["delivered", "pending"]) expected.set(status, await deliveryIn(scene, status, "a.rare"));
      for (let count = 0; count <= LOG_EXAMINED_MAX; count++) await scene.delivery({ type: "a.often" });
      for (const [status, id] of expected) {
        expect(await idsOf(opened.store, key, { status, eventType: "a.rare" })).toEqual([id]);
      }
      expect(await idsOf(opened.store, key, { status: "failed", eventType: "a.often" })).toEqual([]);
    });

    test("goes on after its last row has been pruned", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key } = await scene.webhook();
      const oldest = await scene.delivery();
      for (let count = 0; count < 3; count++) await scene.settled(DELIVERED, {}, { startedAt: NOW - 1_000 });
      const page = await opened.store.listLog(key, {}, { limit: 2, before: null });
      await scene.tidy({ before: NOW + 1 });
      const rest = await opened.store.listLog(key, {}, { limit: 2, before: page.next });
      expect(rest).toMatchObject({ rows: [{ row: oldest.key }], next: null });
    });
  });
}

async function deliveryIn(scene: Scene, status: string, type: string): Promise<string> {
  const delivery = await scene.delivery({ type });
  const id = delivery.payload?.deliveryId ?? "";
  if (status === "pending") return id;
  const claimed = await scene.claim(delivery);
  const next = { delivered: DELIVERED, failed: EXHAUSTED, retrying: retryIn(1_000) }[status];
  if (next !== undefined) await scene.settle(claimed, next);
  return id;
}

async function idsOf(
  store: Scene["store"],
  webhook: number,
  filter: Record<string, string>,
): Promise<readonly string[]> {
  const read = (before: number | null) => store.listLog(webhook, filter as LogFilter, { limit: 2, before });
  return (await allPages(read)).map(({ id }) => id);
}
