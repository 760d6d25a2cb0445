import type { Database } from "bun:sqlite";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, RowKey, WebhookKey } from "../contract.ts";
import { isOf } from "./attempts.ts";
import type { AuditTable } from "./audit.ts";
import type { Cancellation, DeliveryTable } from "./deliveries.ts";
import type { RowKeys } from "./row-keys.ts";
import { TidyChunk, type TidyOptions } from "./tidy-chunk.ts";

export interface Tidied {
  readonly rows: number;
  readonly more: boolean;
  readonly cancelled: readonly DeliveryKey[];
  readonly webhooks: readonly WebhookKey[];
}

/** What has to go, a chunk at a time. */
export class Tidy {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #deliveries: DeliveryTable;
  readonly #keys: RowKeys;
  readonly #audit: AuditTable;

  constructor(db: Database, deliveries: DeliveryTable, keys: RowKeys, audit: AuditTable) {
    this.#sql = prepare(db);
    this.#deliveries = deliveries;
    this.#keys = keys;
    this.#audit = audit;
  }

  run(options: TidyOptions): Tidied {
    const chunk = new TidyChunk(options);
    this.#cancel(chunk);
    this.#removeFinished(chunk);
    this.#removeUnmatched(chunk);
    this.#removeWebhooks(chunk);
    this.#removeCredentials(chunk);
    chunk.took(this.#audit.removeBefore(chunk.options.auditBefore, chunk.left));
    return { rows: chunk.rows, more: chunk.isSpent, cancelled: chunk.cancelled, webhooks: chunk.webhooks };
  }

  #cancel(chunk: TidyChunk): void {
    for (const { webhook } of this.#sql.deleted.all(chunk.left)) {
      this.#cancelPending(chunk, webhook, "deleted", Number.POSITIVE_INFINITY);
    }
    for (const { webhook } of this.#sql.expired.all(chunk.options.before, chunk.left)) {
      this.#cancelPending(chunk, webhook, "expired", chunk.options.before);
    }
  }

  /** Oldest row first, up to one that was made at `until` or later. A test is always in flight, or left to the next start. */
  #cancelPending(chunk: TidyChunk, webhook: WebhookKey, because: Cancellation, until: Millis): void {
    let after: DeliveryKey = 0;
    while (!chunk.isSpent) {
      const rows = this.#sql.pending.all(webhook, after, chunk.left);
      for (const { key, createdAt } of rows) {
        if (createdAt >= until) return;
        after = key;
        if (!chunk.isHeld(key) && this.#deliveries.cancel(key, because, chunk.options.now)) chunk.cancels(key);
      }
      if (rows.length === 0) return;
    }
  }

  /** An event goes with its last delivery: none is finished before its event was made, so both are old. */
  #removeFinished(chunk: TidyChunk): void {
    const finished = this.#sql.finished.all(chunk.options.before, chunk.left);
    if (finished.length > 0) this.#keys.keep();
    for (const { key, event } of finished) {
      if (chunk.isSpent) return;
      for (const { bytes } of this.#sql.removeAttempts.all(key)) chunk.took(1, bytes ?? 0);
      chunk.took(this.#sql.removeDelivery.run(key).changes);
      for (const { bytes } of this.#sql.removeEvent.all(event)) chunk.took(1, bytes);
    }
  }

  #removeUnmatched(chunk: TidyChunk): void {
    const unmatched = this.#sql.unmatched.all(chunk.options.before, chunk.left);
    if (unmatched.length > 0) this.#keys.keep();
    for (const { event } of unmatched) {
      if (chunk.isSpent) return;
      for (const { bytes } of this.#sql.removeEvent.all(event)) chunk.took(1, bytes);
    }
  }

  #removeWebhooks(chunk: TidyChunk): void {
    for (const { webhook } of this.#sql.empty.all(chunk.left)) {
      this.#sql.removeWebhook.run(webhook);
      chunk.removes(webhook);
    }
  }

  #removeCredentials(chunk: TidyChunk): void {
    const { now, before } = chunk.options;
    for (const { hash } of this.#sql.expiredKeys.all(before, chunk.left)) {
      chunk.took(this.#sql.removeSessionsOfKey.run(hash).changes + this.#sql.removeKey.run(hash).changes);
    }
    for (const { hash } of this.#sql.expiredSessions.all(now, chunk.left)) {
      chunk.took(this.#sql.removeSession.run(hash).changes);
    }
  }
}

type Hash = { readonly hash: string };
type WebhookOnly = { readonly webhook: WebhookKey };

function prepare(db: Database) {
  return {
    deleted: db.query<WebhookOnly, [number]>(`
      SELECT seq AS webhook FROM webhooks w
      WHERE active = 0 AND deleted_at IS NOT NULL
        AND EXISTS (SELECT 1 FROM deliveries WHERE webhook = w.seq AND state = 'pending') LIMIT ?`),
    expired: db.query<WebhookOnly, [Millis, number]>(`
      SELECT seq AS webhook FROM webhooks w
      WHERE active = 0 AND deleted_at IS NULL
        AND (SELECT created_at FROM deliveries WHERE webhook = w.seq AND state = 'pending' ORDER BY seq LIMIT 1) < ?
      LIMIT ?`),
    pending: db.query<{ key: DeliveryKey; createdAt: Millis }, [WebhookKey, DeliveryKey, number]>(`
      SELECT seq AS key, created_at AS createdAt FROM deliveries
      WHERE webhook = ? AND state = 'pending' AND is_test = 0 AND seq > ? ORDER BY seq LIMIT ?`),
    finished: db.query<{ key: DeliveryKey; event: RowKey }, [Millis, number]>(
      "SELECT seq AS key, event FROM deliveries WHERE finished_at < ? ORDER BY finished_at LIMIT ?",
    ),
    unmatched: db.query<{ event: RowKey }, [Millis, number]>(
      "SELECT seq AS event FROM events WHERE deliveries = 0 AND created_at < ? ORDER BY created_at LIMIT ?",
    ),
    removeAttempts: db.query<{ bytes: number | null }, [DeliveryKey]>(
      `DELETE FROM attempts WHERE ${isOf("?1")} RETURNING octet_length(response_body) AS bytes`,
    ),
    removeDelivery: db.query<never, [DeliveryKey]>("DELETE FROM deliveries WHERE seq = ?"),
    removeEvent: db.query<{ bytes: number }, [RowKey]>(`
      DELETE FROM events WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = ?1)
      RETURNING octet_length(body) AS bytes`),
    empty: db.query<WebhookOnly, [number]>(`
      SELECT seq AS webhook FROM webhooks w
      WHERE active = 0 AND deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deliveries WHERE webhook = w.seq) LIMIT ?`),
    removeWebhook: db.query<never, [WebhookKey]>("DELETE FROM webhooks WHERE seq = ?"),
    expiredKeys: db.query<Hash, [Millis, number]>("SELECT hash FROM keys WHERE expires_at <= ? LIMIT ?"),
    removeSessionsOfKey: db.query<never, [string]>("DELETE FROM sessions WHERE key_hash = ?"),
    removeKey: db.query<never, [string]>("DELETE FROM keys WHERE hash = ?"),
    expiredSessions: db.query<Hash, [Millis, number]>("SELECT hash FROM sessions WHERE expires_at <= ? LIMIT ?"),
    removeSession: db.query<never, [string]>("DELETE FROM sessions WHERE hash = ?"),
  };
}
