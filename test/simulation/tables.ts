import type { Database } from "bun:sqlite";
import type { DeliveryState } from "../../src/domain/delivery.ts";
import { formatId } from "../../src/domain/ids.ts";
import type { Millis } from "../../src/world.ts";
import { ORPHANS } from "../support/kept-state.ts";

export interface DeliveryRow {
  readonly key: number;
  readonly id: string;
  readonly webhook: number;
  readonly event: number;
  readonly eventId: string;
  readonly isTest: number;
  readonly resendOf: string | null;
  readonly state: DeliveryState;
  readonly because: string | null;
  readonly attempts: number;
  readonly dueAt: Millis | null;
  readonly waitMs: Millis;
  readonly createdAt: Millis;
  readonly finishedAt: Millis | null;
}

/** The rows of attempts that a delivery has. */
export interface AttemptRows {
  readonly delivery: number;
  readonly counted: number;
  readonly strays: number;
  /** Different numbers among the counted ones, and the highest of them. */
  readonly numbers: number;
  readonly highest: number | null;
  readonly successes: number;
}

/** One field of an entry of the audit log, its values as text. */
export interface NotedChange {
  /** Its id. */
  readonly webhook: string;
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What lies in the database, read past the store. */
export class Tables {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#sql = prepare(db);
  }

  delivery(key: number): DeliveryRow | null {
    const row = this.#sql.delivery.get(key);
    return row === null ? null : rowOf(row);
  }

  deliveries(): readonly DeliveryRow[] {
    return this.#sql.deliveries.all().map(rowOf);
  }

  attempts(): readonly AttemptRows[] {
    return this.#sql.attempts.all();
  }

  eventIds(): ReadonlySet<string> {
    return new Set(this.#sql.events.all().map(({ id }) => id));
  }

  /** URL, active, passed the guard, deleted: as one text. */
  webhooks(): readonly { readonly key: number; readonly facts: string }[] {
    return this.#sql.webhooks.all();
  }

  /** Oldest first. */
  notedChanges(): readonly NotedChange[] {
    return this.#sql.noted.all();
  }

  /** What SQLite itself finds wrong. */
  damage(): readonly string[] {
    const found = this.#sql.integrity.all().map(({ integrity_check }) => integrity_check);
    return [...found.filter((line) => line !== "ok"), ...this.#sql.foreignKeys.all().map((row) => JSON.stringify(row))];
  }
}

type Bytes<Row> = Omit<Row, "id" | "resendOf"> & { readonly id: Uint8Array; readonly resendOf: Uint8Array | null };

function rowOf({ id, resendOf, ...row }: Bytes<DeliveryRow>): DeliveryRow {
  return {
    ...row,
    id: formatId("delivery", id),
    resendOf: resendOf === null ? null : formatId("delivery", resendOf),
  };
}

const DELIVERY = `SELECT d.seq AS key, d.id, d.webhook, d.event, e.id AS eventId, d.is_test AS isTest, d.resend_of AS resendOf,
    d.state, d.because, d.attempts, d.due_at AS dueAt, d.wait_ms AS waitMs, d.created_at AS createdAt,
    d.finished_at AS finishedAt
  FROM deliveries d JOIN events e ON e.seq = d.event`;

function prepare(db: Database) {
  return {
    delivery: db.query<Bytes<DeliveryRow>, [number]>(`${DELIVERY} WHERE d.seq = ?`),
    deliveries: db.query<Bytes<DeliveryRow>, []>(DELIVERY),
    attempts: db.query<AttemptRows, []>(`
      SELECT delivery, sum(counted) AS counted, sum(NOT counted) AS strays, sum(counted AND code = 'success') AS successes,
        count(DISTINCT iif(counted, number, NULL)) AS numbers, max(iif(counted, number, NULL)) AS highest
      FROM attempts GROUP BY delivery`),
    events: db.query<{ id: string }, []>("SELECT id FROM events"),
    webhooks: db.query<{ key: number; facts: string }, []>(`
      SELECT seq AS key, concat_ws(',', url, active, url_passed, deleted_at IS NOT NULL) AS facts FROM webhooks`),
    noted: db.query<NotedChange, []>(`
      SELECT target_id AS webhook, value ->> 'field' AS field, CAST(value ->> 'from' AS TEXT) AS "from",
        CAST(value ->> 'to' AS TEXT) AS "to"
      FROM audit, json_each(changes) WHERE target_id IS NOT NULL ORDER BY audit.seq`),
    integrity: db.query<{ integrity_check: string }, []>("PRAGMA integrity_check"),
    foreignKeys: db.query<object, []>(ORPHANS),
  };
}
