import { describe, expect, test } from "bun:test";
import type { ReadyDelivery } from "../../../src/store/contract.ts";
import { attemptOf, DELIVERED, EXHAUSTED, GONE, NOW, type Open, only, retryIn, Scene, TENANT } from "./scene.ts";

/** As a seek gives it: without what rode along from the ingest, so that it has to be read. */
function bare({ key, webhook, dueAt, isRetry }: ReadyDelivery): ReadyDelivery {
  return { key, webhook, dueAt, isRetry };
}

export function leasePromises(open: Open): void {
  describe("a claim", () => {
    test("gives everything that an attempt needs, whether the event rode along or not", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook({ headers: [["X-Token", "t"]] });
      const event = scene.newEvent({ id: "mine" });
      await opened.store.ingest(event);
      const read = await scene.claim(only(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })));
      const ridden = await scene.claimed({ id: "yours" });
      for (const [claimed, eventId] of [
        [read, "mine"],
        [ridden, "yours"],
      ] as const) {
        expect(claimed).toMatchObject({ eventId, eventType: event.type, webhook, attempts: 0, isTest: false });
      }
      expect(read).toMatchObject({ deliveryId: event.firstDeliveryId, body: event.body });
    });

    test("excludes every other, also in the same call", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const [one, two] = [await scene.delivery(), await scene.delivery()];
      const claims = await Promise.all([
        opened.store.claim([one, one, bare(one)]),
        opened.store.claim([bare(one), bare(two), two]),
        opened.store.claim([two]),
      ]);
      expect(claims.map((claimed) => claimed.map(({ lease }) => lease.delivery))).toEqual([[one.key], [two.key], []]);
      expect(await opened.store.claim([one, two, bare(one), bare(two)])).toEqual([]);
    });

    test("leaves out what is final, however it is asked for", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      for (const next of [DELIVERED, EXHAUSTED]) {
        const delivery = await scene.delivery();
        await scene.settle(await scene.claim(delivery), next);
        expect(await opened.store.claim([delivery])).toEqual([]);
        expect(await opened.store.claim([bare(delivery)])).toEqual([]);
      }
    });

    test("shows the webhook as it is now", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      await scene.claimed();
      for (const shape of [bare, (delivery: ReadyDelivery) => delivery]) {
        const delivery = await scene.delivery();
        const url = `https://moved.example/${delivery.key}`;
        await opened.store.updateWebhook(
          TENANT,
          webhook.id,
          { url, secret: `new ${delivery.key}`, timeoutMs: 7_000 },
          NOW,
        );
        const claimed = await scene.claim(shape(delivery));
        expect(claimed.webhook).toMatchObject({ url, secret: `new ${delivery.key}`, timeoutMs: 7_000 });
      }
    });

    test("leaves out what belongs to a webhook that is off, which goes on when it is on again", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const delivery = await scene.delivery();
      await opened.store.updateWebhook(TENANT, webhook.id, { active: false }, NOW);
      expect(await opened.store.claim([delivery])).toEqual([]);
      expect(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })).toEqual([]);
      expect(await opened.store.lanes()).toEqual([]);
      await opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW);
      expect(await opened.store.lanes()).toEqual([{ webhook: webhook.key, nextDueAt: NOW }]);
      expect((await scene.claim(delivery)).lease.delivery).toBe(delivery.key);
    });

    test("leaves out what belongs to a deleted webhook, and what was cancelled", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const other = await scene.webhook({ events: ["other"] });
      const [one, two] = [await scene.delivery(), await scene.delivery({ type: "other" }).catch(() => null)];
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW);
      expect(two).toBeNull();
      expect(await opened.store.claim([one])).toEqual([]);
      const [, late] = [
        await opened.store.updateWebhook(TENANT, other.id, { active: false }, NOW),
        await scene.ingest(),
      ];
      expect(late).toMatchObject({ kind: "accepted", deliveries: [] });
      await scene.tidy();
      expect(await opened.store.claim([one, bare(one)])).toEqual([]);
    });

    test("never gives what a tidying cancels at the same time", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const delivery = await scene.delivery();
      await scene.claimed();
      const [, , , claimed] = await Promise.all([
        opened.store.updateWebhook(TENANT, webhook.id, { active: false }, NOW),
        scene.tidy({ before: NOW + 1 }),
        opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW),
        opened.store.claim([delivery]),
      ]);
      expect(claimed).toEqual([]);
      expect(await opened.store.claim([delivery])).toEqual([]);
    });
  });

  describe("a seek", () => {
    test("gives the soonest first, first attempts and retries apart, up to the limit", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key: webhook } = await scene.webhook();
      const late = await scene.delivery({ dueAt: NOW + 50 });
      const soon = await scene.delivery({ dueAt: NOW - 50 });
      const middle = await scene.delivery();
      const retry = await scene.settled(retryIn(4_000));
      const seek = async (isRetry: boolean, limit: number) =>
        (await opened.store.seek({ webhook, isRetry, limit })).map(({ key, dueAt }) => [key, dueAt]);
      expect(await seek(false, 2)).toEqual([
        [soon.key, NOW - 50],
        [middle.key, NOW],
      ]);
      expect(await seek(false, 9)).toEqual([
        [soon.key, NOW - 50],
        [middle.key, NOW],
        [late.key, NOW + 50],
      ]);
      expect(await seek(true, 9)).toEqual([[retry.lease.delivery, NOW + 4_000]]);
    });

    test("finds as many as were asked for behind all those that are held", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key: webhook } = await scene.webhook();
      const ready = await Promise.all(Array.from({ length: 30 }, () => scene.delivery()));
      await opened.store.claim(ready.slice(0, 10));
      const [found] = await Promise.all([
        opened.store.seek({ webhook, isRetry: false, limit: 5 }),
        opened.store.claim(ready.slice(10, 20)),
      ]);
      expect(found.map(({ key }) => key)).toEqual(ready.slice(20, 25).map(({ key }) => key));
    });

    test("never gives what is settled at the same time", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key: webhook } = await scene.webhook();
      const claimed = [await scene.claimed(), await scene.claimed(), await scene.claimed()];
      const seek = () => opened.store.seek({ webhook, isRetry: false, limit: 5 });
      const seeks = [seek()];
      const settles = claimed.map((delivery) => {
        seeks.push(seek());
        const settled = scene.settle(delivery, DELIVERED);
        seeks.push(seek());
        return settled;
      });
      await Promise.all(settles);
      expect((await Promise.all(seeks)).flat()).toEqual([]);
    });
  });

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
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW);
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
      await opened.store.updateWebhook(TENANT, webhook.id, { url: "https://moved.example" }, NOW);
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
  });
}
