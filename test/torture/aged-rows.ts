import { Database } from "bun:sqlite";
import { join } from "node:path";

const AGE_MS = 30 * 86_400_000;

/** Events of this kind are no business of the books: they are there to be pruned. */
export const AGED = "aged-";

const EVENTS = `
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
  INSERT INTO events (tenant, id, type, created_at, api_version, is_test, deliveries, body)
  SELECT 'default', '${AGED}' || n, 'resume.created', ?1, '2024-12-30', 0, 1,
    '{"id":"${AGED}' || n || '","type":"resume.created","created":"2024-12-30T10:00:00Z","data":{},"api_version":"2024-12-30"}'
  FROM numbers`;
const DELIVERIES = `
  INSERT INTO deliveries (id, webhook, event, event_type, is_test, created_at, state, attempts, wait_ms, finished_at)
  SELECT randomblob(16), (SELECT min(seq) FROM webhooks), seq, type, 0, created_at, 'delivered', 1, 0, created_at
  FROM events WHERE id LIKE '${AGED}%'`;
const ATTEMPTS = `
  INSERT INTO attempts (seq, number, counted, started_at, duration_ms, url, code, status_code)
  SELECT deliveries.seq * 256 + 1, 1, 1, deliveries.created_at, 0, 'http://127.0.0.1/', 'success', 200
  FROM deliveries JOIN events ON events.seq = event WHERE events.id LIKE '${AGED}%'`;

/** Gives the first webhook delivered events from long before any retention, of a Posthorn that does not run. */
export function addAgedRows(dataDir: string, events: number): void {
  using db = new Database(join(dataDir, "posthorn.db"));
  const insert = db.transaction(() => {
    db.query(EVENTS).run(Date.now() - AGE_MS, events);
    db.query(DELIVERIES).run();
    db.query(ATTEMPTS).run();
  });
  insert.immediate();
}
