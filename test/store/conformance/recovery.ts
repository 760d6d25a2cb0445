import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { DELIVERED, NOW, type Open, retryIn, Scene } from "./scene.ts";

export function recoveryPromises(open: Open): void {
  describe("a recovery", () => {
    test("tells which active webhooks have pending work, and when it is due next", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const fresh = await scene.webhook({ events: ["fresh"] });
      const waiting = await scene.webhook({ events: ["waiting"] });
      await scene.webhook({ events: ["done"] });
      const off = await scene.webhook({ events: ["off"] });
      await scene.delivery({ type: "fresh", dueAt: NOW - 1_000 });
      await scene.settled(retryIn(9_000), { type: "waiting" });
      await scene.settled(DELIVERED, { type: "done" });
      await scene.delivery({ type: "off" });
      await opened.store.updateWebhook(off.tenant, off.id, { active: false }, NOW, POSTHORN);
      const lanes = [
        { webhook: fresh.key, nextDueAt: NOW - 1_000, hasRetries: false },
        { webhook: waiting.key, nextDueAt: NOW + 9_000, hasRetries: true },
      ];
      expect(await opened.store.lanes()).toEqual(lanes);
      expect(await opened.store.recover(NOW)).toEqual(lanes);
    });

    test("pulls in what a stepped clock has put further away than the wait that was asked", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key: webhook } = await scene.webhook();
      await scene.settled(retryIn(4_000));
      await scene.delivery({ dueAt: NOW });
      expect(await opened.store.recover(NOW)).toEqual([{ webhook, nextDueAt: NOW, hasRetries: true }]);
      const yesterday = NOW - 86_400_000;
      expect(await opened.store.recover(yesterday)).toEqual([{ webhook, nextDueAt: yesterday, hasRetries: true }]);
      const [retry] = await opened.store.seek({ webhook, isRetry: true, limit: 1 });
      expect(retry?.dueAt).toBe(yesterday + 4_000);
    });

    test("cancels the tests that nobody waits for any more", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const claimed = await opened.store.ingestTest(scene.newEvent(), webhook.key);
      if (claimed === null) throw new Error("there is no test");
      await opened.store.release(claimed.lease);
      expect(await opened.store.recover(NOW)).toEqual([]);
      expect(await scene.entry(webhook, claimed.deliveryId)).toMatchObject({ state: "cancelled", nextRetryAt: null });
    });

    test("finds everything that an earlier process left, and none of its leases", async () => {
      await using opened = await open();
      if (opened.reopen === null) return;
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook({ headers: [["X-Token", "t"]] });
      const claimed = await scene.claimed({ id: "mine", data: '{"n":1.0}' });
      const store = await opened.reopen();
      expect(await store.recover(NOW)).toEqual([{ webhook: webhook.key, nextDueAt: NOW, hasRetries: false }]);
      const [again] = await store.claim(await store.seek({ webhook: webhook.key, isRetry: false, limit: 1 }));
      expect(again).toMatchObject({ deliveryId: claimed.deliveryId, body: claimed.body, webhook, attempts: 0 });
      expect((await new Scene(store).ingest({ id: "mine", data: '{"n":1.0}' })).kind).toBe("duplicate");
    });
  });
}
