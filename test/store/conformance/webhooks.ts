import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import type { WebhookChanges } from "../../../src/store/contract.ts";
import { allPages, GONE, NOW, type Open, Scene, TENANT } from "./scene.ts";

export function webhookPromises(open: Open): void {
  describe("webhooks", () => {
    test("are found as they were made, to the byte", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const made = await scene.webhook({
        url: "https://Receiver.example:443/a/../b?x=%7e#ü",
        events: ["resume.created", "ai.*"],
        secret: "schlüssel ✓ \u{1f511}",
        description: "für alle",
        retryScheduleMs: [1_000, 2_000],
        timeoutMs: 5_000,
        headers: [
          ["X-Token", "t0p s3cret"],
          ["x-token", "naïve"],
        ],
        urlPassed: true,
      });
      const found = await opened.store.findWebhook(TENANT, made.id);
      expect(found).toEqual(made);
      expect(made).toMatchObject({
        secret: "schlüssel ✓ \u{1f511}",
        headers: [
          ["X-Token", "t0p s3cret"],
          ["x-token", "naïve"],
        ],
      });
      expect(made).toMatchObject({
        active: true,
        disabledReason: null,
        createdAt: NOW,
        updatedAt: NOW,
        deletedAt: null,
      });
    });

    test("of another tenant do not exist", async () => {
      await using opened = await open();
      const { id } = await new Scene(opened.store).webhook();
      expect(await opened.store.findWebhook("other", id)).toBeNull();
      expect(await opened.store.updateWebhook("other", id, { active: false }, NOW, POSTHORN)).toBeNull();
      expect(await opened.store.deleteWebhook("other", id, NOW, POSTHORN)).toBeNull();
      expect((await opened.store.findWebhook(TENANT, id))?.active).toBe(true);
    });

    test("are listed newest first, and a cursor outlives the row that it names", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const made = [await scene.webhook(), await scene.webhook(), await scene.webhook(), await scene.webhook()];
      await scene.webhook({ tenant: "other" });
      const first = await opened.store.listWebhooks(TENANT, { limit: 2, before: null });
      expect(first.rows).toEqual([made[3], made[2]].filter((row) => row !== undefined));
      await opened.store.deleteWebhook(TENANT, made[2]?.id ?? "", NOW, POSTHORN);
      const second = await opened.store.listWebhooks(TENANT, { limit: 2, before: first.next });
      expect(second.rows.map(({ id }) => id)).toEqual([made[1]?.id ?? "", made[0]?.id ?? ""]);
      expect(second.next).toBeNull();
    });

    test("change only in the fields that are given", async () => {
      await using opened = await open();
      const before = await new Scene(opened.store).webhook({ headers: [["a", "b"]], timeoutMs: 5_000 });
      const after = await opened.store.updateWebhook(
        TENANT,
        before.id,
        { description: "new", timeoutMs: null },
        NOW + 1,
        POSTHORN,
      );
      expect(after).toEqual({ ...before, description: "new", timeoutMs: null, updatedAt: NOW + 1 });
      const changes = { secret: "another", headers: [["c", "d"]] as const, events: ["x"], retryScheduleMs: [100] };
      const last = await opened.store.updateWebhook(TENANT, before.id, changes, NOW + 2, POSTHORN);
      expect(last).toMatchObject({ ...changes, description: "new", updatedAt: NOW + 2 });
      expect(await opened.store.findWebhook(TENANT, before.id)).toEqual(last);
    });

    test("keep their headers when a change was made of others than they have, and all else too", async () => {
      await using opened = await open();
      const before = await new Scene(opened.store).webhook({ headers: [["a", "b"]] });
      const update = (changes: WebhookChanges) =>
        opened.store.updateWebhook(TENANT, before.id, changes, NOW + 1, POSTHORN);
      const mine: WebhookChanges = { headers: [["a", "mine"]], description: "mine", headersBefore: [["a", "b"]] };
      const made = await Promise.all([update({ headers: [["a", "new"]] }), update(mine), update(mine)]);
      expect(made).toMatchObject([{ headers: [["a", "new"]] }, null, null]);
      expect(await opened.store.findWebhook(TENANT, before.id)).toMatchObject({
        headers: [["a", "new"]],
        description: null,
      });
      expect(await update({ ...mine, headersBefore: [["a", "new"]] })).toMatchObject({ headers: [["a", "mine"]] });
      expect(await update({ description: null })).toMatchObject({ headers: [["a", "mine"]], description: null });
    });

    test("have to pass the guard again at a new URL", async () => {
      await using opened = await open();
      const { id, url } = await new Scene(opened.store).webhook({ urlPassed: true });
      const update = (changes: { url?: string; urlPassed?: boolean }) =>
        opened.store.updateWebhook(TENANT, id, changes, NOW + 1, POSTHORN);
      expect((await update({ url }))?.urlPassed).toBe(true);
      expect((await update({ url: "https://two.example" }))?.urlPassed).toBe(false);
      expect((await update({ url: "https://three.example", urlPassed: true }))?.urlPassed).toBe(true);
    });

    test("that only passed the guard were not changed by their owner", async () => {
      await using opened = await open();
      const { id } = await new Scene(opened.store).webhook();
      const passed = await opened.store.updateWebhook(TENANT, id, { urlPassed: true }, NOW + 1, POSTHORN);
      expect(passed).toMatchObject({ urlPassed: true, updatedAt: NOW });
    });

    test("forget why they were off when they are turned on", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { id } = await scene.webhook();
      await scene.settled(GONE);
      expect(await opened.store.findWebhook(TENANT, id)).toMatchObject({ active: false, disabledReason: "gone" });
      await opened.store.updateWebhook(TENANT, id, { description: "x" }, NOW, POSTHORN);
      expect(await opened.store.findWebhook(TENANT, id)).toMatchObject({ active: false, disabledReason: "gone" });
      await opened.store.updateWebhook(TENANT, id, { active: true }, NOW, POSTHORN);
      expect(await opened.store.findWebhook(TENANT, id)).toMatchObject({ active: true, disabledReason: null });
    });

    test("are gone at once when they are deleted, but for who asks for deleted ones", async () => {
      await using opened = await open();
      const { store } = opened;
      const { id, key } = await new Scene(store).webhook();
      expect(await store.deleteWebhook(TENANT, id, NOW + 1, POSTHORN)).toBe(key);
      expect(await store.findWebhook(TENANT, id)).toBeNull();
      expect((await store.listWebhooks(TENANT, { limit: 10, before: null })).rows).toEqual([]);
      expect(await store.findWebhook(TENANT, id, { deletedToo: true })).toMatchObject({ id, deletedAt: NOW + 1 });
      expect(await store.deleteWebhook(TENANT, id, NOW + 2, POSTHORN)).toBeNull();
      expect(await store.updateWebhook(TENANT, id, { active: true }, NOW + 2, POSTHORN)).toBeNull();
    });

    test("are at most as many for a tenant as is said, also when they come at once, and deleted ones make room", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const make = (changes = {}) => store.createWebhook(scene.newWebhook(changes), POSTHORN, 3);
      const made = (await Promise.all([make(), make(), make(), make(), make()])).filter((webhook) => webhook !== null);
      expect(made).toHaveLength(3);
      expect(await make()).toBeNull();
      expect(await make({ active: false })).toBeNull();
      expect(await make({ tenant: "other" })).not.toBeNull();
      await store.updateWebhook(TENANT, made[0]?.id ?? "", { active: false }, NOW, POSTHORN);
      expect(await make()).toBeNull();
      await store.deleteWebhook(TENANT, made[0]?.id ?? "", NOW, POSTHORN);
      const again = await Promise.all([make(), make()]);
      expect(again.filter((webhook) => webhook !== null)).toHaveLength(1);
      expect((await store.listWebhooks(TENANT, { limit: 10, before: null })).rows).toHaveLength(3);
    });

    test("with an id that is taken are refused, and nothing beside them is", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { id } = await scene.webhook();
      const [before, twice, after] = await Promise.allSettled([
        scene.webhook(),
        scene.webhook({ id }),
        scene.webhook(),
      ]);
      expect(before.status).toBe("fulfilled");
      expect(twice).toMatchObject({ status: "rejected", reason: { name: "StoreError", code: "refused" } });
      expect(after.status).toBe("fulfilled");
      const listed = await allPages((next) => opened.store.listWebhooks(TENANT, { limit: 2, before: next }));
      expect(listed).toHaveLength(3);
    });
  });
}
