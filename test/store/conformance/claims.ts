import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { SOUGHT_BODY_MAX_BYTES } from "../../../src/limits.ts";
import type { ReadyDelivery } from "../../../src/store/contract.ts";
import { DELIVERED, EXHAUSTED, NOW, type Open, only, retryIn, Scene, TENANT } from "./scene.ts";

/** As a seek gives it: without what rode along from the ingest, so that it has to be read. */
function bare({ payload: _, ...withoutPayload }: ReadyDelivery): ReadyDelivery {
  return withoutPayload;
}

export function claimPromises(open: Open): void {
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
          POSTHORN,
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
      await opened.store.updateWebhook(TENANT, webhook.id, { active: false }, NOW, POSTHORN);
      expect(await opened.store.claim([delivery])).toEqual([]);
      expect(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 5 })).toEqual([]);
      expect(await opened.store.lanes()).toEqual([]);
      await opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW, POSTHORN);
      expect(await opened.store.lanes()).toEqual([{ webhook: webhook.key, nextDueAt: NOW, hasRetries: false }]);
      expect((await scene.claim(delivery)).lease.delivery).toBe(delivery.key);
    });

    test("leaves out what belongs to a deleted webhook, and what was cancelled", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const other = await scene.webhook({ events: ["other"] });
      const [one, two] = [await scene.delivery(), await scene.delivery({ type: "other" }).catch(() => null)];
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      expect(two).toBeNull();
      expect(await opened.store.claim([one])).toEqual([]);
      const [, late] = [
        await opened.store.updateWebhook(TENANT, other.id, { active: false }, NOW, POSTHORN),
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
        opened.store.updateWebhook(TENANT, webhook.id, { active: false }, NOW, POSTHORN),
        scene.tidy({ before: NOW + 1 }),
        opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW, POSTHORN),
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

    test("brings short bodies along unless only the keys are asked for, and a claim gives the same either way", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { key: webhook } = await scene.webhook();
      const short = scene.newEvent();
      const long = scene.newEvent({ data: `"${"é".repeat(SOUGHT_BODY_MAX_BYTES / 2)}"` });
      for (const event of [short, long]) await opened.store.ingest(event);
      const seek = (keysOnly: boolean) => opened.store.seek({ webhook, isRetry: false, limit: 5, keysOnly });
      const bare = await seek(true);
      expect(bare.map(({ payload }) => payload?.body)).toEqual([undefined, undefined]);
      const ridden = await seek(false);
      expect(ridden.map(({ payload }) => payload?.body)).toEqual([short.body, undefined]);
      const [rode, read] = [await scene.claim(only(ridden.slice(0, 1))), await scene.claim(only(bare.slice(1)))];
      expect(rode).toMatchObject({ deliveryId: short.firstDeliveryId, body: short.body, attempts: 0 });
      expect(read).toMatchObject({ deliveryId: long.firstDeliveryId, body: long.body, attempts: 0 });
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
}
