import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { attemptOf, DELIVERED, EXHAUSTED, NOW, type Open, retryIn, Scene, TENANT } from "./scene.ts";

export function backlogPromises(open: Open): void {
  describe("the number of pending deliveries", () => {
    test("follows everything that makes a delivery and everything that ends one", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const webhook = await scene.webhook({ events: ["a.*"] });
      const other = await scene.webhook({ events: ["a.b"] });
      const steps: (readonly [string, number, () => Promise<unknown>])[] = [
        ["an event that two want", 2, () => scene.ingest({ type: "a.b", id: "first" })],
        ["the same event once more", 2, () => scene.ingest({ type: "a.b", id: "first" })],
        ["an event that nobody wants", 2, () => scene.ingest({ type: "b" })],
        ["one that was delivered", 2, () => scene.settled(DELIVERED, { type: "a.c" })],
        ["one that is to be tried again", 3, () => scene.settled(retryIn(1_000), { type: "a.c" })],
        ["one that failed", 3, () => scene.settled(EXHAUSTED, { type: "a.c" })],
        [
          "an outcome of a lease that is not held any more",
          3,
          async () => {
            const claimed = await scene.claimed({ type: "a.c" });
            await scene.settle(claimed, DELIVERED);
            await scene.settle(claimed, DELIVERED);
          },
        ],
        [
          "a resend of one, and then of what failed",
          5,
          async () => {
            const failed = await scene.settled(EXHAUSTED, { type: "a.c" });
            await store.resend(webhook.key, failed.deliveryId, scene.id("delivery"), NOW);
            const range = { since: 0, until: NOW + 10_000, limit: 10, after: 0 };
            await store.resendFailed(webhook.key, range, scene.id("delivery"), NOW);
          },
        ],
        [
          "a test under way, and its end",
          5,
          async () => {
            const claimed = await store.ingestTest(scene.newEvent({ id: "test" }), webhook.key);
            if (claimed === null) throw new Error("the webhook is there");
            expect(await store.pending()).toBe(6);
            await store.settle({ lease: claimed.lease, attempt: attemptOf(claimed), next: EXHAUSTED });
          },
        ],
        [
          "a webhook that is deleted, once that is tidied up",
          4,
          async () => {
            await store.deleteWebhook(TENANT, other.id, NOW, POSTHORN);
            await scene.tidy();
          },
        ],
      ];
      expect(await store.pending()).toBe(0);
      for (const [step, pending, act] of steps) {
        await act();
        expect([step, await store.pending()]).toEqual([step, pending]);
        expect([step, (await store.stats()).pending]).toEqual([step, pending]);
      }
    });

    test("is the same for who asks late, for who asks in between, and after a new start", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const events = Array.from({ length: 5 }, () => scene.ingest());
      expect(await opened.store.pending()).toBe(5);
      await Promise.all(events);
      await scene.claimed();
      expect(await opened.store.pending()).toBe(6);
      await opened.store.recover(NOW);
      expect(await opened.store.pending()).toBe(6);
      if (opened.reopen === null) return;
      const store = await opened.reopen();
      expect(await store.pending()).toBe(6);
    });
  });
}
