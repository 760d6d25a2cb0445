import type { Database } from "bun:sqlite";
import { CANCELLED_BY_RESTORE, type DeliveryState } from "../../domain/delivery.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { EVENT_LOG_MAX } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, LogEntry, RowKey, WebhookKey } from "../contract.ts";
import { isOf } from "./attempts.ts";

/** A line of the logs as the tables have it; which pending ones are in flight, only the front knows. */
export interface LogRow extends Omit<LogEntry, "state" | "deliveredAt" | "nextRetryAt"> {
  readonly state: DeliveryState;
  readonly isWebhookDeleted: boolean;
  readonly dueAt: Millis | null;
  readonly finishedAt: Millis | null;
}

/** Lines of the logs: deliveries with the last attempt that counts. */
export class LogTable {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#sql = prepare(db);
  }

  byKey(key: DeliveryKey): LogRow | null {
    return rowOf(this.#sql.byKey.get(key));
  }

  byId(webhook: WebhookKey, deliveryId: string): LogRow | null {
    const bytes = parseId("delivery", deliveryId);
    return bytes === null ? null : rowOf(this.#sql.byId.get(bytes, webhook));
  }

  /** Newest first. */
  ofEvent(event: RowKey): readonly LogRow[] {
    return this.#sql.ofEvent.all(event, EVENT_LOG_MAX).map(fromColumns);
  }

  bodyOf(key: DeliveryKey): string {
    return this.#sql.body.get(key)?.body ?? "";
  }
}

type Columns = Omit<LogRow, "id" | "webhookId" | "resendOf" | "isTest" | "isWebhookDeleted"> & {
  readonly id: Uint8Array;
  readonly webhookId: Uint8Array;
  readonly resendOf: Uint8Array | null;
  readonly isTest: number;
  readonly isWebhookDeleted: number;
  /** Of the delivery itself; `error` is its last attempt's. */
  readonly because: string | null;
};

function rowOf(columns: Columns | null): LogRow | null {
  return columns === null ? null : fromColumns(columns);
}

function fromColumns({ because, ...columns }: Columns): LogRow {
  // Nothing else interrupts a delivery that is no test.
  const isCancelledByRestore = because === "interrupted" && columns.isTest === 0;
  return {
    ...columns,
    error: isCancelledByRestore ? CANCELLED_BY_RESTORE : columns.error,
    id: formatId("delivery", columns.id),
    webhookId: formatId("webhook", columns.webhookId),
    resendOf: columns.resendOf === null ? null : formatId("delivery", columns.resendOf),
    isTest: columns.isTest === 1,
    isWebhookDeleted: columns.isWebhookDeleted === 1,
  };
}

const LINE = `
  SELECT d.seq AS row, d.id, w.id AS webhookId, e.id AS eventId, d.event_type AS eventType, coalesce(a.url, w.url) AS url,
    d.state, w.deleted_at IS NOT NULL AS isWebhookDeleted, a.status_code AS statusCode, a.duration_ms AS responseTimeMs,
    d.attempts, d.created_at AS createdAt, d.due_at AS dueAt, d.finished_at AS finishedAt, a.started_at AS lastAttemptAt,
    a.error, d.because, d.is_test AS isTest, d.resend_of AS resendOf
  FROM deliveries d JOIN webhooks w ON w.seq = d.webhook JOIN events e ON e.seq = d.event
    LEFT JOIN attempts a
      ON a.seq = (SELECT seq FROM attempts WHERE ${isOf("d.seq")} AND counted = 1 ORDER BY seq DESC LIMIT 1)`;

function prepare(db: Database) {
  return {
    // A join that is sought by a bare parameter is prepared anew at each binding, because the planner looks at its value.
    byKey: db.query<Columns, [DeliveryKey]>(`${LINE} WHERE d.seq = CAST(? AS INTEGER)`),
    byId: db.query<Columns, [Uint8Array, WebhookKey]>(`${LINE} WHERE d.id = ? AND d.webhook = ?`),
    ofEvent: db.query<Columns, [RowKey, number]>(`${LINE} WHERE d.event = ? ORDER BY d.seq DESC LIMIT ?`),
    body: db.query<{ body: string }, [DeliveryKey]>(
      "SELECT e.body FROM deliveries d JOIN events e ON e.seq = d.event WHERE d.seq = CAST(? AS INTEGER)",
    ),
  };
}
