import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { idAfter } from "../../../src/domain/ids.ts";
import { DELIVERED, EXHAUSTED, NOW, type Open, only, Scene, TENANT } from "./scene.ts";

export function resendPromises(open: Open): void {
  describe("a resend", () => {
    test("is a new delivery of the same event to the webhook as it is now", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const failed = await scene.settled(EXHAUSTED, { id: "mine", data: '{"n":1.0}' });
      await opened.store.updateWebhook(TENANT, webhook.id, { url: "https://moved.example" }, NOW, POSTHORN);
      const newId = scene.id("delivery");
      const ready = await opened.store.resend(webhook.key, failed.deliveryId, newId, NOW + 60_000);
      expect(ready).toMatchObject({ webhook: webhook.key, dueAt: NOW + 60_000, isRetry: false });
      const again = await scene.claim(
        only(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })),
      );
      expect(again).toMatchObject({
        deliveryId: newId,
        eventId: "mine",
        body: failed.body,
        attempts: 0,
        isTest: false,
      });
      expect(again.webhook.url).toBe("https://moved.example");
      expect(await scene.entry(webhook, newId)).toMatchObject({ resendOf: failed.deliveryId, createdAt: NOW + 60_000 });
      expect(await scene.entry(webhook, failed.deliveryId)).toMatchObject({ state: "failed", resendOf: null });
    });

    test("is made of a webhook's own deliveries only, and not of a deleted one's", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const [one, other] = [await scene.webhook(), await scene.webhook({ active: false })];
      const { deliveryId } = await scene.settled(EXHAUSTED);
      const resend = (webhook: number, id: string) => opened.store.resend(webhook, id, scene.id("delivery"), NOW);
      expect(await resend(other.key, deliveryId)).toBeNull();
      expect(await resend(one.key, scene.id("delivery"))).toBeNull();
      await opened.store.deleteWebhook(TENANT, one.id, NOW, POSTHORN);
      expect(await resend(one.key, deliveryId)).toBeNull();
    });

    test("of a test is an ordinary delivery", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const test = await opened.store.ingestTest(scene.newEvent(), webhook.key);
      if (test !== null) await scene.settle(test, EXHAUSTED);
      await opened.store.resend(webhook.key, test?.deliveryId ?? "", scene.id("delivery"), NOW);
      expect(await opened.store.lanes()).toEqual([{ webhook: webhook.key, nextDueAt: NOW, hasRetries: false }]);
    });
  });

  describe("a resend of what failed", () => {
    test("takes the range in chunks, oldest first, and nothing twice", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key } = await scene.webhook();
      await scene.webhook({ tenant: "other" });
      const failed: string[] = [];
      for (let at = 0; at < 7; at++) {
        const { deliveryId } = await scene.settled(EXHAUSTED, {}, { startedAt: NOW + at * 1_000, durationMs: 0 });
        if (at >= 1 && at < 6) failed.push(deliveryId);
      }
      await scene.settled(DELIVERED, {}, { startedAt: NOW + 2_000, durationMs: 0 });
      await opened.store.resend(key, failed[1] ?? "", scene.id("delivery"), NOW);
      expect(await resendAll(scene, key)).toEqual([failed[0], ...failed.slice(2)]);
      expect(await resendAll(scene, key)).toEqual([]);
    });
  });
}

/** Public ids of the deliveries that were resent, in the order of the new ones. */
async function resendAll(scene: Scene, webhook: number): Promise<readonly (string | null | undefined)[]> {
  const firstIds: string[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const range = { since: NOW + 1_000, until: NOW + 6_000, limit: 2, after };
    let id = scene.id("delivery");
    const chunk: Awaited<ReturnType<typeof scene.store.resendFailed>> = await scene.store.resendFailed(
      webhook,
      range,
      id,
      NOW,
    );
    for (const _ of chunk.deliveries) {
      firstIds.push(id);
      id = idAfter(id);
    }
    after = chunk.last;
  }
  return Promise.all(firstIds.map(async (id) => (await scene.store.findLog(webhook, id))?.entry.resendOf));
}
