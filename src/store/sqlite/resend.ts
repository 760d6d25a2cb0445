import type { Database } from "bun:sqlite";
import { formatId, idAfter, parseId } from "../../domain/ids.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, ReadyDelivery, ResendRange, RowKey, WebhookKey } from "../contract.ts";
import type { DeliveryTable } from "./deliveries.ts";

export interface ResendOne {
  readonly webhook: WebhookKey;
  readonly deliveryId: string;
  readonly newId: string;
  readonly dueAt: Millis;
}

export interface ResendChunk extends ResendRange {
  readonly webhook: WebhookKey;
  readonly firstNewId: string;
  readonly dueAt: Millis;
}

export interface ResentChunk {
  readonly deliveries: readonly ReadyDelivery[];
  readonly last: RowKey | null;
}

/** New deliveries of old events: the same id and bytes, to the webhook as it is now. */
export class Resend {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #deliveries: DeliveryTable;

  constructor(db: Database, deliveries: DeliveryTable) {
    this.#sql = prepare(db);
    this.#deliveries = deliveries;
  }

  /** Null: the webhook has no such delivery, or is deleted. */
  one({ webhook, deliveryId, newId, dueAt }: ResendOne): ReadyDelivery | null {
    const bytes = parseId("delivery", deliveryId);
    const source = bytes === null ? null : this.#sql.source.get(bytes, webhook);
    return source === null ? null : this.#repeat(source, webhook, newId, dueAt);
  }

  /** A chunk examines at most `limit` failed deliveries, so it may make fewer and still not be the last. */
  failed({ webhook, firstNewId, dueAt, since, until, limit, after }: ResendChunk): ResentChunk {
    const start = (after === 0 ? null : this.#sql.failedAt.get(after)?.finishedAt) ?? null;
    const examined = this.#sql.failed.all(webhook, start ?? since, start === null ? 0 : after, until, limit);
    const deliveries: ReadyDelivery[] = [];
    let newId = firstNewId;
    for (const source of examined) {
      if (this.#sql.resent.get(source.id) !== null) continue;
      deliveries.push(this.#repeat(source, webhook, newId, dueAt));
      newId = idAfter(newId);
    }
    return { deliveries, last: examined.length < limit ? null : (examined.at(-1)?.key ?? null) };
  }

  /** Also the repetition of a test is an ordinary delivery, in the lane and with retries. */
  #repeat(source: Source, webhook: WebhookKey, id: string, dueAt: Millis): ReadyDelivery {
    const { event, eventType, eventCreatedAt, bodyBytes } = source;
    const key = this.#deliveries.insert({
      ...{ id, webhook, event, eventType, dueAt },
      isTest: false,
      resendOf: formatId("delivery", source.id),
      createdAt: Math.max(dueAt, eventCreatedAt),
    });
    return { key, webhook, dueAt, isRetry: false, bodyBytes };
  }
}

interface Source {
  readonly key: DeliveryKey;
  readonly id: Uint8Array;
  readonly event: RowKey;
  readonly eventType: string;
  readonly eventCreatedAt: Millis;
  readonly bodyBytes: number;
}

const SOURCE = `d.seq AS key, d.id, d.event, d.event_type AS eventType, e.created_at AS eventCreatedAt,
  octet_length(e.body) AS bodyBytes
  FROM webhooks w JOIN deliveries d ON d.webhook = w.seq JOIN events e ON e.seq = d.event`;

function prepare(db: Database) {
  return {
    source: db.query<Source, [Uint8Array, WebhookKey]>(
      `SELECT ${SOURCE} WHERE d.id = ? AND w.seq = ? AND w.deleted_at IS NULL`,
    ),
    failedAt: db.query<{ finishedAt: Millis }, [DeliveryKey]>(
      "SELECT finished_at AS finishedAt FROM deliveries WHERE seq = ?",
    ),
    failed: db.query<Source, [WebhookKey, Millis, DeliveryKey, Millis, number]>(`
      SELECT ${SOURCE}
      WHERE w.seq = ? AND w.deleted_at IS NULL AND d.state = 'failed' AND d.is_test = 0
        AND (d.finished_at, d.seq) > (?, ?) AND d.finished_at < ?
      ORDER BY d.finished_at, d.seq LIMIT ?`),
    resent: db.query<{ seq: DeliveryKey }, [Uint8Array]>("SELECT seq FROM deliveries WHERE resend_of = ? LIMIT 1"),
  };
}
