import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import { AUDIT_ENTRIES_PER_TENANT_MAX, AUDIT_EXAMINED_MAX, AUDIT_NAME_MAX_BYTES } from "../../src/limits.ts";
import { AuditTable, recordOperation } from "../../src/store/sqlite/audit.ts";
import { type AuditList, AuditPages } from "../../src/store/sqlite/audit-page.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { inThreadLinks } from "../../src/store/sqlite/front/links.ts";
import { createSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { NOW, Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions } from "./open-sqlite.ts";

interface Made {
  readonly id: string;
  readonly keyId: string;
}

const KEY = new Uint8Array(32);
const NOT_LAST = { adminKeyIsConfigured: true, now: NOW + 1 };

const EVERYTHING: AuditList = { tenant: null, action: null, targetId: null, actorId: null, limit: 3, before: null };

/** SQL that makes so many entries of a tenant. */
function entriesOf(tenant: string, count: number, who: string): string {
  return `
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO audit (number, at, tenant, action, changes, target_id, target_name, actor, actor_id, actor_name, via)
    SELECT n, ${NOW}, '${tenant}', 'secret.read', '[]', ${who} FROM numbers`;
}

/** One entry of that action, and above it as many of another as one page looks at. */
function buried(): Database {
  const db = openWriting(":memory:");
  recordOperation(db, "database.restored", NOW);
  db.run(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${AUDIT_EXAMINED_MAX})
    INSERT INTO audit (number, at, action, actor, changes) SELECT n + 1, n, 'secret_key.rotated', 'command', '[]' FROM numbers`);
  return db;
}

function rowsOf(db: Database): readonly unknown[] {
  return ["webhooks", "keys", "audit"].map((table) => db.query(`SELECT * FROM ${table}`).values());
}

test("a page that found nothing among as many rows as it looks at says where to go on", () => {
  using db = buried();
  const pages = new AuditPages(db, new AuditTable(db));
  const list: AuditList = { ...EVERYTHING, action: "database.restored" };
  const first = pages.page(list);
  expect(first).toEqual({ rows: [], next: expect.any(Number) });
  const { rows, next } = pages.page({ ...list, before: first.next });
  expect([rows.length, next]).toEqual([1, null]);
});

test("what there is elsewhere shows in no cursor: who asks for another tenant's ids is told of nothing, on one page", () => {
  using db = openWriting(":memory:");
  db.run(entriesOf("other", AUDIT_EXAMINED_MAX + 1, "'their webhook', 'their URL', 'key', 'their key', 'A', 'key'"));
  const pages = new AuditPages(db, new AuditTable(db));
  for (const asked of [{ targetId: "their webhook" }, { actorId: "their key" }]) {
    expect(pages.page({ ...EVERYTHING, ...asked, tenant: TENANT })).toEqual({ rows: [], next: null });
    expect(pages.page({ ...EVERYTHING, ...asked, tenant: "other" }).rows).toHaveLength(EVERYTHING.limit);
  }
});

test("of each tenant, and of what belongs to none, as many are kept as there may be, the newest", () => {
  using db = openWriting(":memory:");
  const audit = new AuditTable(db);
  const entry = { at: NOW, action: "secret.read", by: POSTHORN, target: null, changes: [] } as const;
  for (const tenant of ["other", null]) audit.note({ ...entry, tenant });
  db.run(entriesOf(TENANT, AUDIT_ENTRIES_PER_TENANT_MAX, "NULL, NULL, 'posthorn', NULL, NULL, NULL"));
  const most = AUDIT_ENTRIES_PER_TENANT_MAX;
  const kept = (count: number, from: number, to: number) => [
    [null, 1, 1, 1],
    [TENANT, count, from, to],
    ["other", 1, 1, 1],
  ];
  const numbers = "SELECT tenant, count(*), min(number), max(number) FROM audit GROUP BY tenant";
  expect(db.query(numbers).values()).toEqual(kept(most, 1, most));
  for (let count = 0; count < 3; count++) audit.note({ ...entry, tenant: TENANT });
  expect(db.query(numbers).values()).toEqual(kept(most, 4, most + 3));
  expect(() => db.run("DELETE FROM audit WHERE number = 4")).toThrow("stays for its retention");
});

test("a long URL is told by its beginning", () => {
  using db = openWriting(":memory:");
  const audit = new AuditTable(db);
  const target = { id: "webhook_1", name: "x".repeat(AUDIT_NAME_MAX_BYTES + 1) };
  audit.note({ at: NOW, tenant: TENANT, action: "secret.read", by: POSTHORN, target, changes: [] });
  const [shown] = new AuditPages(db, audit).page(EVERYTHING).rows;
  expect(shown?.target).toEqual({ id: "webhook_1", name: `${"x".repeat(AUDIT_NAME_MAX_BYTES)}…` });
});

test("what a command did to the whole database is told as its doing", () => {
  using db = openWriting(":memory:");
  recordOperation(db, "secret_key.rotated", NOW);
  const { rows } = new AuditPages(db, new AuditTable(db)).page(EVERYTHING);
  const by = { kind: "command", key: null, scope: null, via: null, requestId: null };
  const entry = { at: NOW, tenant: null, action: "secret_key.rotated", by, target: null, changes: [] };
  expect(rows).toMatchObject([entry]);
});

describe("what cannot be noted does not happen:", () => {
  const IMPOSSIBLE = `CREATE TRIGGER impossible BEFORE INSERT ON audit
    BEGIN SELECT RAISE (ABORT, 'constraint failed: no entry'); END`;

  test.each<[string, (scene: Scene, made: Made) => Promise<unknown>]>([
    ["a webhook made", (scene) => scene.webhook()],
    ["a webhook changed", ({ store }, { id }) => store.updateWebhook(TENANT, id, { active: false }, NOW + 1, POSTHORN)],
    ["a webhook deleted", ({ store }, { id }) => store.deleteWebhook(TENANT, id, NOW + 1, POSTHORN)],
    ["a secret shown", ({ store }, { id }) => store.readSecret(TENANT, id, NOW + 1, POSTHORN)],
    ["a key made", (scene) => scene.store.createKey(scene.newKey(), POSTHORN)],
    ["a key deleted", ({ store }, { keyId }) => store.deleteKey(TENANT, keyId, NOT_LAST, POSTHORN)],
  ])("%s", async (_, act) => {
    const db = openWriting(":memory:");
    const store = await createSqliteStore({
      ...storeOptions(),
      ...inThreadLinks(db),
      secretKey: KEY,
      unlock: () => {},
    });
    const scene = new Scene(store);
    const { id } = await scene.webhook();
    const key = await store.createKey(scene.newKey(), POSTHORN);
    const before = db.serialize();
    db.run(IMPOSSIBLE);
    const refused = { name: "StoreError", code: "refused" };
    expect(
      await act(scene, { id, keyId: key?.id ?? "" }).then(
        () => "it happened",
        (error) => error,
      ),
    ).toMatchObject(refused);
    db.run("DROP TRIGGER impossible");
    expect(rowsOf(db)).toEqual(rowsOf(Database.deserialize(before)));
    await store.close();
  });
});
