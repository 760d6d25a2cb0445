import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { openWriting } from "../../src/store/sqlite/connection.ts";

const ID = "randomblob(16)";

/** A database with one webhook (1), one event (1), one pending delivery (1), one delivered one with its attempt (2), one audit entry (1). */
function filled(): Database {
  const db = openWriting(":memory:");
  db.run(`INSERT INTO webhooks (id, tenant, url, events, secrets, headers, active, url_passed, created_at, updated_at)
    VALUES (${ID}, 't', 'https://a.example', '[]', '[]', '[]', 1, 0, 1, 1)`);
  db.run(`INSERT INTO events (tenant, id, type, created_at, api_version, is_test, deliveries, body)
    VALUES ('t', 'e', 'a.b', 1000, 'v', 0, 2, '{}')`);
  db.run(`INSERT INTO deliveries (id, webhook, event, event_type, is_test, created_at, state, attempts, due_at, wait_ms, finished_at)
    VALUES (${ID}, 1, 1, 'a.b', 0, 1000, 'pending', 0, 1000, 0, NULL), (${ID}, 1, 1, 'a.b', 0, 1000, 'delivered', 1, NULL, 0, 2000)`);
  db.run(`INSERT INTO attempts (seq, number, counted, started_at, duration_ms, url, code)
    VALUES (2 * 256 + 1, 1, 1, 1000, 5, 'https://a.example', 'success')`);
  db.run(
    "INSERT INTO audit (number, at, action, actor, changes) VALUES (1, 1000, 'database.restored', 'command', '[]')",
  );
  return db;
}

/** Changes that no code makes: the tables themselves refuse them. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  "a state that there is not": "UPDATE deliveries SET state = 'sending' WHERE seq = 1",
  "pending without a due time": "UPDATE deliveries SET due_at = NULL WHERE seq = 1",
  "final with a due time": "UPDATE deliveries SET due_at = 5 WHERE seq = 2",
  "final without its time": "UPDATE deliveries SET finished_at = NULL WHERE seq = 2",
  "pending, but finished": "UPDATE deliveries SET finished_at = 5000 WHERE seq = 1",
  "finished before it was made": "UPDATE deliveries SET finished_at = 999 WHERE seq = 2",
  "delivered without an attempt": "UPDATE deliveries SET attempts = 0 WHERE seq = 2",
  "failed without a reason": "UPDATE deliveries SET state = 'failed' WHERE seq = 2",
  "failed for a reason that there is not": "UPDATE deliveries SET state = 'failed', because = 'bored' WHERE seq = 2",
  "delivered for a reason": "UPDATE deliveries SET because = 'gone' WHERE seq = 2",
  "cancelled without a reason":
    "UPDATE deliveries SET state = 'cancelled', due_at = NULL, finished_at = 5000 WHERE seq = 1",
  "a delivery of no event": "UPDATE deliveries SET event = 9 WHERE seq = 1",
  "a delivery to no webhook": "UPDATE deliveries SET webhook = 9 WHERE seq = 1",
  "an event gone before its deliveries": "DELETE FROM events",
  "a webhook gone before its deliveries": "DELETE FROM webhooks",
  "a delivery gone before its attempts": "DELETE FROM deliveries WHERE seq = 2",
  "a short id": "UPDATE deliveries SET id = x'00' WHERE seq = 1",
  "an id as text": "UPDATE deliveries SET id = 'delivery_1' WHERE seq = 1",
  "a time that is no integer": "UPDATE deliveries SET due_at = 0.5 WHERE seq = 1",
  "an interrupted attempt that counts": "UPDATE attempts SET code = 'interrupted', error = 'x'",
  "a success with an error": "UPDATE attempts SET error = 'x'",
  "a failure without one": "UPDATE attempts SET code = 'timeout'",
  "a signature without its time": "UPDATE attempts SET signature = zeroblob(32), custom_header_names = '[]'",
  "a response without its end": "UPDATE attempts SET response_headers = '[]', response_body = x''",
  "a webhook that is off for a reason, but on": "UPDATE webhooks SET disabled_reason = 'gone'",
  "a deleted webhook that is on": "UPDATE webhooks SET deleted_at = 5",
  "two events of one id": `INSERT INTO events (tenant, id, type, created_at, api_version, is_test, deliveries, body)
    VALUES ('t', 'e', 'other', 1, 'v', 0, 0, '{}')`,
  "an audit entry that changes": "UPDATE audit SET at = 2000",
  "an audit entry that is replaced":
    "REPLACE INTO audit (seq, number, at, action, actor, changes) VALUES (1, 1, 2000, 'database.restored', 'command', '[]')",
  "an audit entry gone before its retention": "DELETE FROM audit",
  "an audit entry gone that is younger than the retention":
    "INSERT INTO facts (name, value) VALUES ('audit_kept_since', '1000'); DELETE FROM audit",
  "a key's deed without the key":
    "INSERT INTO audit (number, at, action, actor, changes) VALUES (1, 1, 'a.b', 'key', '[]')",
  "an audit entry by nobody":
    "INSERT INTO audit (number, at, action, actor, changes) VALUES (1, 1, 'a.b', 'nobody', '[]')",
  "a scope that there is not": `INSERT INTO keys (id, hash, name, scope, created_at) VALUES (${ID}, 'h', 'n', 'root', 1)`,
};

describe("the tables refuse", () => {
  test.each(Object.entries(IMPOSSIBLE))("%s", (_, sql) => {
    const db = filled();
    expect(() => db.run(sql)).toThrow(/constraint failed|cannot store/);
    db.close();
  });
});
