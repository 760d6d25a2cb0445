import { describe, expect, test } from "bun:test";
import { type Actor, type AuditEntry, POSTHORN } from "../../../src/domain/audit.ts";
import type { AuditFilter, Store } from "../../../src/store/contract.ts";
import { allPages, DELIVERED, GONE, NOW, type Open, Scene, TENANT } from "./scene.ts";

const ALL = { limit: 200, before: null };
const KEY = { id: "key_01jgb4s0c8p5r2v6k9m3x7t1qz", name: "Dashboard" };
const REQUEST_ID = "req_01jgb4rm6fexkb2n4tt9q8w5ag";
const BY: Actor = { kind: "key", key: KEY, scope: "manage", via: "session", requestId: REQUEST_ID };
const OPERATOR: Actor = { kind: "configured_key", key: null, scope: "admin", via: "key", requestId: REQUEST_ID };

async function entries(store: Store, filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
  return (await store.listAudit(null, filter, ALL)).rows;
}

async function actions(store: Store, tenant: string | null = null, filter: AuditFilter = {}) {
  return (await store.listAudit(tenant, filter, ALL)).rows.map(({ action }) => action);
}

/** The changes that the newest entry tells of. */
async function newestChanges(store: Store) {
  return (await entries(store))[0]?.changes;
}

export function auditPromises(open: Open): void {
  describe("the audit log", () => {
    test("tells of a webhook from its making to its end, newest first: who, when, in which request, and which fields", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const webhook = scene.newWebhook({ retryScheduleMs: [1_000], headers: [["a", "b"]] });
      const { id } = webhook;
      await store.createWebhook(webhook, BY, 1);
      await store.updateWebhook(TENANT, id, { url: "https://two.example", events: ["x"] }, NOW + 1, OPERATOR);
      await store.deleteWebhook(TENANT, id, NOW + 2, POSTHORN);
      const common = { row: expect.any(Number), tenant: TENANT };
      expect(await entries(store)).toEqual([
        {
          ...{ ...common, at: NOW + 2, action: "webhook.deleted", by: POSTHORN, changes: [] },
          target: { id, name: "https://two.example" },
        },
        {
          ...{ ...common, at: NOW + 1, action: "webhook.updated", by: OPERATOR },
          target: { id, name: "https://two.example" },
          changes: [
            { field: "url", from: "https://receiver.example/hook", to: "https://two.example" },
            { field: "events", from: ["*"], to: ["x"] },
          ],
        },
        {
          ...{ ...common, at: NOW, action: "webhook.created", by: BY },
          target: { id, name: "https://receiver.example/hook" },
          changes: [
            { field: "url", from: null, to: "https://receiver.example/hook" },
            { field: "events", from: null, to: ["*"] },
            { field: "secret" },
            { field: "active", from: null, to: true },
            { field: "retryScheduleMs", from: null, to: [1_000] },
            { field: "headers", from: [], to: ["a"] },
          ],
        },
      ]);
    });

    test("says of what is sealed that it changed, and of headers which names there were, but no value", async () => {
      await using opened = await open();
      const { store } = opened;
      const secrets = ["whsec_0123456789abcdef", "the-second-secret", "the-value", "the-other-value"];
      const [, second = "", value = "", other = ""] = secrets;
      const { id } = await new Scene(store).webhook({ headers: [["X-Token", value]] });
      await store.updateWebhook(TENANT, id, { secret: second }, NOW, BY);
      expect(await newestChanges(store)).toEqual([{ field: "secret" }]);
      await store.updateWebhook(TENANT, id, { headers: [["X-Token", other]] }, NOW, BY);
      expect(await newestChanges(store)).toEqual([{ field: "headers", from: ["X-Token"], to: ["X-Token"] }]);
      await store.updateWebhook(TENANT, id, { headers: [] }, NOW, BY);
      expect(await newestChanges(store)).toEqual([{ field: "headers", from: ["X-Token"], to: [] }]);
      await store.readSecret(TENANT, id, NOW, BY);
      const told = JSON.stringify(await entries(store));
      for (const secret of secrets) expect(told).not.toContain(secret);
    });

    test("has nothing of an update that changes nothing, the same secret and the same headers included", async () => {
      await using opened = await open();
      const { store } = opened;
      const webhook = await new Scene(store).webhook({ headers: [["a", "b"]], description: "d", timeoutMs: 5_000 });
      const { id, url, events, secret, headers, active, description, retryScheduleMs, timeoutMs } = webhook;
      const same = { url, events, secret, headers, active, description, retryScheduleMs, timeoutMs };
      await store.updateWebhook(TENANT, id, same, NOW, BY);
      await store.updateWebhook(TENANT, id, {}, NOW, BY);
      await store.updateWebhook(TENANT, id, { urlPassed: true }, NOW, BY);
      expect(await actions(store)).toEqual(["webhook.created"]);
      expect(await store.findWebhook(TENANT, id)).toEqual({ ...webhook, urlPassed: true, updatedAt: NOW });
      await store.updateWebhook(TENANT, id, { ...same, description: null }, NOW, BY);
      expect(await newestChanges(store)).toEqual([{ field: "description", from: "d", to: null }]);
    });

    test("has each of two changes that come at once, from what the other left", async () => {
      await using opened = await open();
      const { store } = opened;
      const { id } = await new Scene(store).webhook({ description: "0" });
      await Promise.all(["1", "2"].map((description) => store.updateWebhook(TENANT, id, { description }, NOW, BY)));
      const told = (await entries(store)).flatMap(({ changes }) => changes).slice(0, 2);
      expect(told).toEqual([
        { field: "description", from: "1", to: "2" },
        { field: "description", from: "0", to: "1" },
      ]);
    });

    test("has nothing of what was refused", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const { id } = await scene.webhook();
      const key = scene.newKey({ scope: "admin", tenant: null });
      await store.createKey(key, BY);
      const before = await entries(store);
      const taken = [scene.webhook({ id }), store.createKey({ ...scene.newKey(), hash: key.hash }, BY)];
      for (const { status } of await Promise.allSettled(taken)) expect(status).toBe("rejected");
      expect(await store.createWebhook(scene.newWebhook(), BY, 1)).toBeNull();
      await store.updateWebhook("other", id, { active: false }, NOW, BY);
      await store.deleteWebhook("other", id, NOW, BY);
      expect(await store.readSecret("other", id, NOW, BY)).toBeNull();
      await store.deleteKey("other", key.id, { adminKeyIsConfigured: true, now: NOW }, BY);
      expect(await store.deleteKey(null, key.id, { adminKeyIsConfigured: false, now: NOW }, BY)).toBe("last_admin");
      expect(await entries(store)).toEqual(before);
    });

    test("tells that a receiver's 410 turned its webhook off, and that somebody turned it on again", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const { id } = await scene.webhook();
      await scene.settled(DELIVERED);
      await scene.settled(GONE);
      await store.updateWebhook(TENANT, id, { active: true }, NOW, BY);
      const told = (await entries(store)).map(({ action, by, changes }) => ({ action, by, changes }));
      expect(told.slice(0, 2)).toEqual([
        {
          ...{ action: "webhook.updated", by: BY },
          changes: [
            { field: "active", from: false, to: true },
            { field: "disabledReason", from: "gone", to: null },
          ],
        },
        {
          ...{ action: "webhook.disabled", by: POSTHORN },
          changes: [
            { field: "active", from: true, to: false },
            { field: "disabledReason", from: null, to: "gone" },
          ],
        },
      ]);
      expect(told).toHaveLength(3);
    });

    test("tells who was shown a secret, and whoever is told of none leaves nothing", async () => {
      await using opened = await open();
      const { store } = opened;
      const { id, url, secret } = await new Scene(store).webhook();
      expect(await store.readSecret(TENANT, id, NOW + 5, BY)).toBe(secret);
      expect((await entries(store))[0]).toMatchObject({
        ...{ at: NOW + 5, tenant: TENANT, action: "secret.read", by: BY, target: { id, name: url }, changes: [] },
      });
      await store.deleteWebhook(TENANT, id, NOW, BY);
      expect(await store.readSecret(TENANT, id, NOW, BY)).toBeNull();
      expect(await actions(store)).toEqual(["webhook.deleted", "secret.read", "webhook.created"]);
    });

    test("tells of keys what they may do and for how long, never the hash of one", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const [mine, all] = [scene.newKey({ expiresAt: NOW + 9 }), scene.newKey({ tenant: null, scope: "read" })];
      for (const key of [mine, all]) await store.createKey(key, BY);
      await store.deleteKey(null, mine.id, { adminKeyIsConfigured: true, now: NOW + 1 }, OPERATOR);
      const target = { id: mine.id, name: "app" };
      const told = await entries(store);
      expect(told).toMatchObject([
        { at: NOW + 1, tenant: TENANT, action: "key.deleted", by: OPERATOR, target, changes: [] },
        { tenant: null, action: "key.created", target: { id: all.id, name: "app" } },
        {
          ...{ tenant: TENANT, action: "key.created", by: BY, target },
          changes: [
            { field: "name", from: null, to: "app" },
            { field: "scope", from: null, to: "manage" },
            { field: "tenant", from: null, to: TENANT },
            { field: "expiresAt", from: null, to: NOW + 9 },
          ],
        },
      ]);
      expect(JSON.stringify(told)).not.toContain(mine.hash);
    });

    test("outlives what it speaks of, and a restart", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const { id } = await scene.webhook();
      await opened.store.deleteWebhook(TENANT, id, NOW, BY);
      await scene.tidy({ before: NOW + 1 });
      expect(await opened.store.findWebhook(TENANT, id, { deletedToo: true })).toBeNull();
      const before = await entries(opened.store);
      const store = opened.reopen === null ? opened.store : await opened.reopen();
      expect(await entries(store, { targetId: id })).toEqual(before);
      expect(before).toHaveLength(2);
    });

    test("of one tenant has nothing of another's, nor of what belongs to none", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      await scene.webhook();
      const other = await scene.webhook({ tenant: "other" });
      await store.createKey(scene.newKey({ tenant: null }), BY);
      expect(await actions(store)).toEqual(["key.created", "webhook.created", "webhook.created"]);
      expect(await actions(store, TENANT)).toEqual(["webhook.created"]);
      expect(await actions(store, TENANT, { targetId: other.id })).toEqual([]);
      expect(await actions(store, TENANT, { actorId: KEY.id })).toEqual([]);
    });

    test("is filtered by action, by what it speaks of and by who did it, together too, page by page", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const ids: string[] = [];
      for (let n = 0; n < 4; n++) ids.push((await scene.webhook()).id);
      for (const id of ids) {
        await store.readSecret(TENANT, id, NOW, BY);
        await store.readSecret(TENANT, id, NOW, OPERATOR);
      }
      const told = (tenant: string | null, filter: AuditFilter) =>
        allPages((before) => store.listAudit(tenant, filter, { limit: 3, before }));
      const [first = ""] = ids;
      for (const tenant of [null, TENANT]) {
        expect(await told(tenant, {})).toHaveLength(12);
        expect(await told(tenant, { action: "secret.read" })).toHaveLength(8);
        expect(await told(tenant, { targetId: first })).toHaveLength(3);
        expect(await told(tenant, { actorId: KEY.id })).toHaveLength(4);
        expect(await told(tenant, { targetId: first, actorId: KEY.id })).toHaveLength(1);
        expect(await told(tenant, { targetId: first, action: "webhook.created" })).toHaveLength(1);
        expect(await told(tenant, { action: "key.created" })).toEqual([]);
      }
      const rows = (await told(null, {})).map(({ row }) => row);
      expect(rows).toEqual([...new Set(rows)].sort((one, another) => another - one));
    });

    test("is kept for its own retention and pruned in chunks, oldest first; a cursor outlives the row that it names", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      for (let n = 0; n < 5; n++) await scene.webhook({ createdAt: NOW + n });
      expect(await scene.tidy({ before: NOW + 100 })).toEqual({ rows: 0, more: false });
      const first = await store.listAudit(null, {}, { limit: 2, before: null });
      const bound = { auditBefore: NOW + 3, maxRows: 2 };
      expect(await scene.tidy(bound)).toEqual({ rows: 2, more: true });
      expect((await entries(store)).map(({ at }) => at - NOW)).toEqual([4, 3, 2]);
      expect(await scene.tidy(bound)).toEqual({ rows: 1, more: false });
      expect((await entries(store)).map(({ at }) => at - NOW)).toEqual([4, 3]);
      expect((await store.listAudit(null, {}, { limit: 2, before: first.next })).rows).toEqual([]);
      await scene.webhook({ createdAt: NOW });
      expect((await entries(store))[0]?.row).toBeGreaterThan(first.rows[0]?.row ?? 0);
    });
  });
}
