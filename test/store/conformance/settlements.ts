import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { ATTEMPT_ROWS_MAX, RETRY_STEPS_MAX } from "../../../src/limits.ts";
import { attemptOf, DELIVERED, EXHAUSTED, GONE, NOW, type Open, retryIn, Scene, TENANT } from "./scene.ts";

export function settlementPromises(open: Open): void {
  describe("a settlement", () => {
    test("writes the attempt and the new state together", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const claimed = await scene.claimed();
      expect(await scene.settle(claimed, retryIn(1_000))).toEqual({
        kind: "kept",
        state: "pending",
        dueAt: NOW + 1_000,
      });
      const [ready] = await opened.store.seek({ webhook: webhook.key, isRetry: true, limit: 1 });
      if (ready === undefined) throw new Error("it is not waiting for its retry");
      const again = await scene.claim(ready);
      expect(again).toMatchObject({ attempts: 1, deliveryId: claimed.deliveryId, body: claimed.body });
      expect(await scene.settle(again, DELIVERED)).toEqual({ kind: "kept", state: "delivered", dueAt: null });
      const detail = await opened.store.findLog(webhook.key, claimed.deliveryId);
      expect(detail?.attempts.map(({ number, code }) => [number, code])).toEqual([
        [1, "status"],
        [2, "success"],
      ]);
    });

    test("keeps the attempt as it was made", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const claimed = await scene.claimed();
      const part = new Uint8Array(4_096).subarray(100, 356).map((_, at) => at);
      const attempt = attemptOf(claimed, {
        signed: {
          timestampSeconds: 1_735_552_800,
          signatureHex: "0123456789abcdef".repeat(4),
          customHeaderNames: ["X-A", "X-B"],
        },
        response: {
          headers: [
            ["content-type", "text/plain"],
            ["set-cookie", "ä"],
          ],
          body: part,
          bodyEnd: "cut",
        },
        timings: { dnsMs: 0, connectMs: 1.25, tlsMs: null, firstByteMs: 12 },
      });
      await opened.store.settle({ lease: claimed.lease, attempt, next: EXHAUSTED });
      const detail = await opened.store.findLog(webhook.key, claimed.deliveryId);
      expect(detail?.attempts).toEqual([attempt]);
    });

    test("without the lease is lost, and its attempt is kept but does not count", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const claimed = await scene.claimed();
      const both = await Promise.all([scene.settle(claimed, DELIVERED), scene.settle(claimed, EXHAUSTED)]);
      expect(both.map(({ kind }) => kind)).toEqual(["kept", "lost"]);
      expect(await scene.settle(claimed, EXHAUSTED)).toEqual({ kind: "lost" });
      const detail = await opened.store.findLog(webhook.key, claimed.deliveryId);
      expect(detail?.attempts).toHaveLength(3);
      expect(detail?.entry).toMatchObject({ state: "delivered", attempts: 1, statusCode: 200, error: null });
    });

    test("with a lease from before the present one is lost", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const delivery = await scene.delivery();
      const stale = await scene.claim(delivery);
      await opened.store.release(stale.lease);
      const fresh = await scene.claim(delivery);
      expect(await scene.settle(stale, EXHAUSTED)).toEqual({ kind: "lost" });
      expect(await scene.entry(webhook, fresh.deliveryId)).toMatchObject({ state: "sending", attempts: 0 });
      expect(await scene.settle(fresh, DELIVERED)).toMatchObject({ kind: "kept", state: "delivered" });
    });

    test("that cannot be is refused, and can be put right", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const claimed = await scene.claimed();
      const [wrong, right] = await Promise.allSettled([
        scene.settle(claimed, DELIVERED, { startedAt: 0.5 }),
        scene.claimed().then((other) => scene.settle(other, DELIVERED)),
      ]);
      expect(wrong).toMatchObject({ status: "rejected", reason: { code: "refused" } });
      expect(right).toMatchObject({ status: "fulfilled", value: { kind: "kept" } });
      expect(await scene.settle(claimed, DELIVERED)).toMatchObject({ kind: "kept" });
    });

    test("of a webhook deleted meanwhile is delivered on a success, and else cancelled", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const flights = [await scene.claimed(), await scene.claimed(), await scene.claimed()] as const;
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      await scene.tidy({ before: NOW + 1 });
      expect(await scene.settle(flights[0], DELIVERED)).toEqual({ kind: "kept", state: "delivered", dueAt: null });
      expect(await scene.settle(flights[1], retryIn(1_000))).toEqual({ kind: "kept", state: "cancelled", dueAt: null });
      expect(await scene.settle(flights[2], GONE)).toEqual({ kind: "kept", state: "cancelled", dueAt: null });
    });

    test("of a receiver that is gone turns its webhook off, at once", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const [claimed, waiting] = [await scene.claimed(), await scene.delivery()];
      expect(await scene.settle(claimed, GONE)).toMatchObject({ state: "failed" });
      expect(await opened.store.claim([waiting])).toEqual([]);
      expect((await scene.ingest()).kind === "accepted" && (await scene.deliveries())).toEqual([]);
      const found = await opened.store.findWebhook(TENANT, webhook.id);
      expect(found).toMatchObject({ active: false, disabledReason: "gone", updatedAt: NOW + 145 });
    });

    test("of an attempt that was signed tells that its URL has passed the guard", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { id } = await scene.webhook();
      const hasPassed = async () => (await opened.store.findWebhook(TENANT, id))?.urlPassed;
      const signed = { timestampSeconds: 1, signatureHex: "ab".repeat(32), customHeaderNames: [] };
      await scene.settled(EXHAUSTED, {}, { signed: null });
      expect(await hasPassed()).toBe(false);
      await scene.settled(EXHAUSTED, {}, { signed, url: "https://before.example" });
      expect(await hasPassed()).toBe(false);
      await scene.settled(EXHAUSTED, {}, { signed });
      expect(await hasPassed()).toBe(true);
      expect((await scene.claimed()).webhook.urlPassed).toBe(true);
    });

    test("of a test, or at a URL that the webhook has left, turns nothing off", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const test = await opened.store.ingestTest(scene.newEvent(), webhook.key);
      if (test !== null) expect(await scene.settle(test, GONE)).toMatchObject({ state: "failed" });
      const claimed = await scene.claimed();
      await opened.store.updateWebhook(TENANT, webhook.id, { url: "https://moved.example" }, NOW, POSTHORN);
      await scene.settle(claimed, GONE);
      expect((await opened.store.findWebhook(TENANT, webhook.id))?.active).toBe(true);
    });
  });

  describe("a release", () => {
    test("makes the delivery free for the next, with the same number of attempts", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const delivery = await scene.delivery();
      const first = await scene.claim(delivery);
      await opened.store.release(first.lease);
      const second = await scene.claim(delivery);
      const interrupted = attemptOf(second, { code: "interrupted", error: "Interrupted", statusCode: null });
      await opened.store.release(second.lease, interrupted);
      expect(await scene.entry(webhook, second.deliveryId)).toMatchObject({
        state: "pending",
        attempts: 0,
        error: null,
      });
      const third = await scene.claim(delivery);
      expect(third.attempts).toBe(0);
      await scene.settle(third, DELIVERED);
      const detail = await opened.store.findLog(webhook.key, third.deliveryId);
      expect(detail?.attempts.map(({ number, code }) => [number, code])).toEqual([
        [1, "interrupted"],
        [1, "success"],
      ]);
    });

    test("is kept as often as there is room, and never takes the place of an attempt that counts", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const delivery = await scene.delivery();
      const cutOff = async () => {
        const claimed = await scene.claim(delivery);
        const interrupted = attemptOf(claimed, { code: "interrupted", error: "Interrupted", statusCode: null });
        await opened.store.release(claimed.lease, interrupted);
      };
      for (let n = 0; n < ATTEMPT_ROWS_MAX; n++) await cutOff();
      for (let n = 0; n < RETRY_STEPS_MAX; n++) await scene.settle(await scene.claim(delivery), retryIn(0));
      await cutOff();
      const last = await scene.claim(delivery);
      await scene.settle(last, DELIVERED);
      const detail = await opened.store.findLog(webhook.key, last.deliveryId);
      const counted = detail?.attempts.filter(({ code }) => code !== "interrupted");
      expect(detail?.attempts.length).toBeGreaterThan(ATTEMPT_ROWS_MAX / 2);
      expect(counted?.map(({ number }) => number)).toEqual(
        Array.from({ length: RETRY_STEPS_MAX + 1 }, (_, at) => at + 1),
      );
      expect(detail?.attempts.at(-1)).toMatchObject({ number: RETRY_STEPS_MAX + 1, code: "success" });
      expect(detail?.entry).toMatchObject({ state: "delivered", statusCode: 200, attempts: RETRY_STEPS_MAX + 1 });
    });
  });
}
