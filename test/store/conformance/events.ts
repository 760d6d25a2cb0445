import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { idAfter } from "../../../src/domain/ids.ts";
import { allPages, DELIVERED, NOW, type Open, only, Scene, TENANT } from "./scene.ts";

/** Numbers, spaces, keys and characters that a parser would not give back as they were. */
const STUBBORN = '{ "n":12345678901234567890,"f":1.0,"z":-0,"a":1,"a":2, "é":"\u2028\\u00e9 \u{1f600}\\ud83d" }';

export function eventPromises(open: Open): void {
  describe("events", () => {
    test("get one delivery for each active webhook of the tenant that subscribes to them", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const exact = await scene.webhook({ events: ["resume.created"] });
      const below = await scene.webhook({ events: ["ai.done", "resume.*"] });
      const every = await scene.webhook({ events: ["*"] });
      await scene.webhook({ events: ["resume"] });
      await scene.webhook({ active: false });
      await scene.webhook({ tenant: "other" });
      const event = scene.newEvent();
      const ingested = await opened.store.ingest(event);
      const ids = [event.firstDeliveryId, idAfter(event.firstDeliveryId), idAfter(idAfter(event.firstDeliveryId))];
      if (ingested.kind !== "accepted") throw new Error(ingested.kind);
      expect(ingested.event).toMatchObject({
        id: event.id,
        type: event.type,
        createdAt: NOW,
        isTest: false,
        deliveries: 3,
      });
      expect(ingested.deliveries).toMatchObject(
        [exact, below, every].map(({ key }, at) => ({
          webhook: key,
          dueAt: NOW,
          isRetry: false,
          payload: { deliveryId: ids[at] ?? "", eventId: event.id, eventType: event.type, body: event.body },
        })),
      );
    });

    test("that match nothing are stored all the same", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      expect(await scene.ingest({ id: "lonely" })).toMatchObject({
        kind: "accepted",
        deliveries: [],
        event: { deliveries: 0 },
      });
      expect(await opened.store.findEvent(TENANT, "lonely")).toMatchObject({ id: "lonely", deliveries: 0, log: [] });
    });

    test("match the webhooks as they are between the writes before and after", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { store } = opened;
      const one = scene.newWebhook();
      const counts = [
        scene.deliveries(),
        store.createWebhook(one, POSTHORN, 1).then(() => []),
        scene.deliveries(),
        store.updateWebhook(TENANT, one.id, { events: ["other.*"] }, NOW, POSTHORN).then(() => []),
        scene.deliveries(),
        store.updateWebhook(TENANT, one.id, { events: ["*"], active: false }, NOW, POSTHORN).then(() => []),
        scene.deliveries(),
        store.updateWebhook(TENANT, one.id, { active: true }, NOW, POSTHORN).then(() => []),
        scene.deliveries(),
        store.deleteWebhook(TENANT, one.id, NOW, POSTHORN).then(() => []),
        scene.deliveries(),
      ];
      const lengths = (await Promise.all(counts)).map((deliveries) => deliveries.length);
      expect(lengths.filter((_, at) => at % 2 === 0)).toEqual([0, 1, 0, 0, 1, 0]);
    });

    test("keep their bytes", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      const event = scene.newEvent({ data: STUBBORN });
      await opened.store.ingest(event);
      const ready = only(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 1 }));
      const claimed = await scene.claim(ready);
      expect(claimed.body).toBe(event.body);
      expect((await opened.store.findEvent(TENANT, event.id))?.body).toBe(event.body);
      expect((await opened.store.findLog(webhook.key, claimed.deliveryId))?.body).toBe(event.body);
    });

    test("seen before with the same type and data are duplicates, whenever and in whichever version", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const first = await scene.ingest({ id: "mine", data: '{"a":1}' });
      if (first.kind !== "accepted") throw new Error(first.kind);
      const again = await scene.ingest({
        id: "mine",
        data: '{"a":1}',
        createdAt: NOW + 86_400_000,
        apiVersion: "2030-01-01",
      });
      expect(again).toEqual({ kind: "duplicate", event: first.event });
      expect(await allPages((before) => opened.store.listEvents(TENANT, { limit: 10, before }))).toHaveLength(1);
    });

    test("seen before with other content are conflicts", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.ingest({ id: "mine", data: '{"a":1}' });
      expect((await scene.ingest({ id: "mine", data: '{"a":1.0}' })).kind).toBe("conflict");
      expect((await scene.ingest({ id: "mine", data: '{"a":1}', type: "resume.deleted" })).kind).toBe("conflict");
      expect((await scene.ingest({ id: "mine", data: '{"a":2}', tenant: "other" })).kind).toBe("accepted");
    });

    test("given twice at once are stored once", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      await scene.webhook();
      const kinds = await Promise.all([
        scene.ingest({ id: "mine" }),
        scene.ingest({ id: "mine" }),
        scene.ingest({ id: "mine" }),
      ]);
      expect(kinds.map(({ kind }) => kind)).toEqual(["accepted", "duplicate", "duplicate"]);
    });

    test("are listed newest first, all or of one type, and never another tenant's", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      for (const id of ["1", "2", "3", "4", "5"])
        await scene.ingest({ id, type: Number(id) % 2 === 0 ? "even" : "odd" });
      await scene.ingest({ id: "6", tenant: "other" });
      const list = (eventType?: string) =>
        allPages((before) => opened.store.listEvents(TENANT, { limit: 2, before, ...(eventType && { eventType }) }));
      expect((await list()).map(({ id }) => id)).toEqual(["5", "4", "3", "2", "1"]);
      expect((await list("odd")).map(({ id }) => id)).toEqual(["5", "3", "1"]);
      expect(await list("none")).toEqual([]);
      expect(await opened.store.findEvent(TENANT, "6")).toBeNull();
    });

    test("show what became of each of their deliveries", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const [one, two] = [await scene.webhook(), await scene.webhook()];
      const [first] = await scene.deliveries({ id: "mine" });
      if (first === undefined) throw new Error("there is no delivery");
      await scene.settle(await scene.claim(first), DELIVERED);
      const found = await opened.store.findEvent(TENANT, "mine");
      const states = new Map(found?.log.map(({ webhookId, state }) => [webhookId, state]));
      expect(states).toEqual(
        new Map([
          [one.id, "delivered" as const],
          [two.id, "pending" as const],
        ]),
      );
    });
  });

  describe("test events", () => {
    test("are in flight at once, outside every lane, also to a webhook that is off", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook({ active: false, events: ["other"] });
      const event = scene.newEvent();
      const claimed = await opened.store.ingestTest(event, webhook.key);
      expect(claimed).toMatchObject({
        deliveryId: event.firstDeliveryId,
        body: event.body,
        webhook,
        attempts: 0,
        isTest: true,
      });
      expect(await scene.entry(webhook, event.firstDeliveryId)).toMatchObject({ state: "sending", isTest: true });
      await opened.store.updateWebhook(TENANT, webhook.id, { active: true }, NOW, POSTHORN);
      expect(await opened.store.lanes()).toEqual([]);
      expect(await opened.store.seek({ webhook: webhook.key, isRetry: false, limit: 9 })).toEqual([]);
      if (claimed !== null) await scene.settle(claimed, DELIVERED);
      expect(await scene.entry(webhook, event.firstDeliveryId)).toMatchObject({ state: "delivered", attempts: 1 });
      expect(await opened.store.findEvent(TENANT, event.id)).toMatchObject({ isTest: true, deliveries: 1 });
    });

    test("are not made for a deleted webhook", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const webhook = await scene.webhook();
      await opened.store.deleteWebhook(TENANT, webhook.id, NOW, POSTHORN);
      const event = scene.newEvent();
      expect(await opened.store.ingestTest(event, webhook.key)).toBeNull();
      expect(await opened.store.findEvent(TENANT, event.id)).toBeNull();
    });
  });
}
