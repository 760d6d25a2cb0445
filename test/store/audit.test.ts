import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import { AUDIT_EXAMINED_MAX } from "../../src/limits.ts";
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

/** One entry of that action, and above it as many of another as one page looks at. */
function buried(): Database {
  const db = openWriting(":memory:");
  recordOperation(db, "database.restored", NOW);
  db.run(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${AUDIT_EXAMINED_MAX})
    INSERT INTO audit (at, action, actor, changes) SELECT n, 'secret_key.rotated', 'command', '[]' FROM numbers`);
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
