import type { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { AUDIT_EXAMINED_MAX } from "../../src/limits.ts";
import { AuditTable, recordOperation } from "../../src/store/sqlite/audit.ts";
import { type AuditList, AuditPages } from "../../src/store/sqlite/audit-page.ts";
import { openWriting } from "../../src/store/sqlite/connection.ts";
import { NOW } from "./conformance/scene.ts";

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
