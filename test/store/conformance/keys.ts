import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import { SESSIONS_PER_KEY_MAX } from "../../../src/limits.ts";
import type { NewKey } from "../../../src/store/contract.ts";
import { NOW, type Open, Scene, TENANT } from "./scene.ts";

const ALL = { limit: 200, before: null };
const NOT_CONFIGURED = { adminKeyIsConfigured: false, now: NOW };

export function keyPromises(open: Open): void {
  describe("keys", () => {
    test("are found by the hash of their token, and listed newest first", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const [one, all] = [
        scene.newKey({ expiresAt: NOW + 5 }),
        scene.newKey({ scope: "admin", tenant: null, name: "Zoë" }),
      ];
      const made = [await opened.store.createKey(one, POSTHORN), await opened.store.createKey(all, POSTHORN)];
      expect(await opened.store.findKey(one.hash)).toEqual(made[0] ?? null);
      expect(await opened.store.findKey(all.hash)).toMatchObject({
        id: all.id,
        name: "Zoë",
        scope: "admin",
        tenant: null,
      });
      expect(await opened.store.findKey("0".repeat(64))).toBeNull();
      expect((await opened.store.listKeys(null, ALL)).rows.map(({ id }) => id)).toEqual([all.id, one.id]);
      expect((await opened.store.listKeys(TENANT, ALL)).rows.map(({ id }) => id)).toEqual([one.id]);
      expect(JSON.stringify(made)).not.toContain(one.hash);
    });

    test("come in pages", async () => {
      await using opened = await open();
      const scene = new Scene(opened.store);
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) {
        const key = scene.newKey();
        await opened.store.createKey(key, POSTHORN);
        ids.unshift(key.id);
      }
      const first = await opened.store.listKeys(TENANT, { limit: 3, before: null });
      const second = await opened.store.listKeys(TENANT, { limit: 3, before: first.next });
      expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids);
      expect(second.next).toBeNull();
    });

    test("of scope admin and all tenants administer, as long as they are valid", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      await store.createKey(scene.newKey({ scope: "admin" }), POSTHORN);
      await store.createKey(scene.newKey({ scope: "manage", tenant: null }), POSTHORN);
      expect(await store.isAdministered(NOW)).toBe(false);
      await store.createKey(scene.newKey({ scope: "admin", tenant: null, expiresAt: NOW + 1 }), POSTHORN);
      expect(await store.isAdministered(NOW)).toBe(true);
      expect(await store.isAdministered(NOW + 1)).toBe(false);
    });

    test("that were asked for before they were made are found when they are", async () => {
      await using opened = await open();
      const key = new Scene(opened.store).newKey();
      expect(await opened.store.findKey(key.hash)).toBeNull();
      await opened.store.createKey(key, POSTHORN);
      expect(await opened.store.findKey(key.hash)).toMatchObject({ id: key.id });
    });

    test("end at once when they are deleted, with their sessions", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const [key, other] = [scene.newKey(), scene.newKey()];
      await Promise.all([store.createKey(key, POSTHORN), store.createKey(other, POSTHORN)]);
      await store.createSession({ hash: "s1", keyHash: key.hash, expiresAt: NOW + 5 });
      await store.createSession({ hash: "s2", keyHash: other.hash, expiresAt: NOW + 5 });
      expect(await store.findKey(key.hash)).not.toBeNull();
      expect(await store.findSession("s1", NOW)).not.toBeNull();
      expect(await store.deleteKey("other", key.id, NOT_CONFIGURED, POSTHORN)).toBe("not_found");
      expect(await store.deleteKey(TENANT, key.id, NOT_CONFIGURED, POSTHORN)).toBe("deleted");
      expect(await store.findKey(key.hash)).toBeNull();
      expect(await store.findSession("s1", NOW)).toBeNull();
      expect(await store.findSession("s2", NOW)).toMatchObject({ key: { id: other.id } });
      expect(await store.deleteKey(TENANT, key.id, NOT_CONFIGURED, POSTHORN)).toBe("not_found");
    });

    test("that are the last to administer everything stay, unless another one is configured", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const admin = { scope: "admin", tenant: null } as const;
      const [one, two] = [scene.newKey(admin), scene.newKey(admin)];
      const expired = scene.newKey({ ...admin, expiresAt: NOW });
      for (const key of [one, two, expired, scene.newKey({ scope: "admin" })]) await store.createKey(key, POSTHORN);
      expect(await store.deleteKey(null, two.id, NOT_CONFIGURED, POSTHORN)).toBe("deleted");
      expect(await store.deleteKey(null, one.id, NOT_CONFIGURED, POSTHORN)).toBe("last_admin");
      expect(await store.deleteKey(null, expired.id, NOT_CONFIGURED, POSTHORN)).toBe("deleted");
      expect(await store.deleteKey(null, one.id, { adminKeyIsConfigured: true, now: NOW }, POSTHORN)).toBe("deleted");
    });

    test("that end sooner are no other to administer everything, those that end later or never are", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const until = (expiresAt: number | null) => scene.newKey({ scope: "admin", tenant: null, expiresAt });
      const [never, soon, later] = [until(null), until(NOW + 1), until(NOW + 9)];
      for (const key of [never, soon, later]) await store.createKey(key, POSTHORN);
      const remove = ({ id }: NewKey) => store.deleteKey(null, id, NOT_CONFIGURED, POSTHORN);
      expect(await remove(never)).toBe("last_admin");
      expect(await remove(soon)).toBe("deleted");
      const another = until(null);
      await store.createKey(another, POSTHORN);
      expect(await remove(never)).toBe("deleted");
      expect(await remove(later)).toBe("deleted");
      expect(await remove(another)).toBe("last_admin");
    });

    test("are at most as many for a tenant as is said, also when they come at once, and all tenants' are a group", async () => {
      await using opened = await open();
      const { store } = opened;
      const scene = new Scene(store);
      const make = (changes: Partial<NewKey> = {}) => store.createKey(scene.newKey(changes), POSTHORN, 3);
      const expired = await make({ expiresAt: NOW - 1 });
      const made = await Promise.all([make(), make(), make(), make()]);
      expect(made.filter((key) => key !== null)).toHaveLength(2);
      for (let count = 0; count < 3; count++) expect(await make({ tenant: null })).not.toBeNull();
      expect(await make({ tenant: null })).toBeNull();
      expect(await make({ tenant: "other" })).not.toBeNull();
      await store.deleteKey(null, expired?.id ?? "", NOT_CONFIGURED, POSTHORN);
      expect([await make(), await make()]).toEqual([expect.anything(), null]);
      expect((await store.listKeys(TENANT, ALL)).rows).toHaveLength(3);
    });
  });

  describe("sessions", () => {
    test("end with themselves or with their key, whichever is sooner", async () => {
      await using opened = await open();
      const { store } = opened;
      const key = new Scene(store).newKey({ expiresAt: NOW + 10 });
      await store.createKey(key, POSTHORN);
      await store.createSession({ hash: "short", keyHash: key.hash, expiresAt: NOW + 5 });
      await store.createSession({ hash: "long", keyHash: key.hash, expiresAt: NOW + 50 });
      const alive = async (hash: string, at: number) => (await store.findSession(hash, at)) !== null;
      for (const _ of ["read", "remembered"]) {
        expect([await alive("short", NOW + 4), await alive("short", NOW + 5)]).toEqual([true, false]);
        expect([await alive("long", NOW + 9), await alive("long", NOW + 10)]).toEqual([true, false]);
      }
    });

    test("of a key without a row tell only its hash", async () => {
      await using opened = await open();
      const session = { hash: "s", keyHash: "configured", expiresAt: NOW + 5 };
      await opened.store.createSession(session);
      expect(await opened.store.findSession("s", NOW)).toEqual({ session, key: null });
    });

    test("that were asked for before they were opened are found when they are", async () => {
      await using opened = await open();
      const session = { hash: "s", keyHash: "configured", expiresAt: NOW + 5 };
      for (const _ of ["asked", "remembered"]) expect(await opened.store.findSession("s", NOW)).toBeNull();
      await opened.store.createSession(session);
      expect(await opened.store.findSession("s", NOW)).toEqual({ session, key: null });
    });

    test("and keys of the same hash are not taken for each other", async () => {
      await using opened = await open();
      const { store } = opened;
      const key = new Scene(store).newKey();
      await store.createKey(key, POSTHORN);
      expect(await store.findSession(key.hash, NOW)).toBeNull();
      expect(await store.findKey(key.hash)).not.toBeNull();
    });

    test("are at most a thousand of one key: with one more, the oldest ends, and those of other keys stay", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.createSession({ hash: "of another key", keyHash: "other", expiresAt: NOW + 5 });
      const hashes = Array.from({ length: SESSIONS_PER_KEY_MAX + 2 }, (_, number) => `s${number}`);
      const isThere = async (hash: string) => (await store.findSession(hash, NOW)) !== null;
      await Promise.all(
        hashes.slice(0, -2).map((hash) => store.createSession({ hash, keyHash: "k", expiresAt: NOW + 5 })),
      );
      expect(await Promise.all(hashes.map(isThere))).toEqual(hashes.map((_, at) => at < SESSIONS_PER_KEY_MAX));
      for (const hash of hashes.slice(-2)) await store.createSession({ hash, keyHash: "k", expiresAt: NOW + 5 });
      expect(await Promise.all(hashes.map(isThere))).toEqual(hashes.map((_, at) => at >= 2));
      expect(await isThere("of another key")).toBe(true);
    });

    test("end when they are deleted", async () => {
      await using opened = await open();
      await opened.store.createSession({ hash: "s", keyHash: "configured", expiresAt: NOW + 5 });
      await opened.store.findSession("s", NOW);
      await opened.store.deleteSession("s");
      expect(await opened.store.findSession("s", NOW)).toBeNull();
    });
  });
}
