/** The plain values that go in and out of a store: what `contract.ts` promises about. Times are integer milliseconds. */
import type { Attempt } from "../domain/attempt.ts";
import type { AuditAction } from "../domain/audit.ts";
import type { DeliveryState, Transition } from "../domain/delivery.ts";
import type { Event } from "../domain/event.ts";
import type { Scope } from "../domain/scope.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { Millis } from "../world.ts";

/** The store's own numbers for rows. They grow with time and never leave the process, but inside a cursor. */
export type WebhookKey = number;
export type DeliveryKey = number;
export type RowKey = number;

// ── Webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type NewWebhook = Omit<Webhook, "key" | "disabledReason" | "deletedAt" | "updatedAt">;

/**
 * The fields to change; the others stay. A new `url` has not passed the guard unless `urlPassed` says so, and `urlPassed` alone
 * is no change of the owner's: `updatedAt` stays. `active: true` clears `disabledReason`.
 */
export type WebhookChanges = Partial<
  Pick<
    Webhook,
    "url" | "events" | "secret" | "active" | "description" | "retryScheduleMs" | "timeoutMs" | "headers" | "urlPassed"
  >
> & {
  /** What `headers` was made of: if the webhook has others by now, nothing of the change is done. */
  readonly headersBefore?: Webhook["headers"];
};

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewEvent extends Event {
  /** Id of the event's first delivery; the further ones count up from it (`idAfter`). */
  readonly firstDeliveryId: string;
  /** When the deliveries are due, which is the moment they are made: engine time. */
  readonly dueAt: Millis;
}

/** What the API tells of an event without its body. */
export interface EventSummary {
  readonly row: RowKey;
  readonly id: string;
  readonly type: string;
  readonly createdAt: Millis;
  readonly apiVersion: string;
  readonly isTest: boolean;
  /** How many webhooks matched when it came in. */
  readonly deliveries: number;
}

export type Ingested =
  | { readonly kind: "accepted"; readonly event: EventSummary; readonly deliveries: readonly ReadyDelivery[] }
  | { readonly kind: "duplicate"; readonly event: EventSummary }
  /** The id is taken by an event of another type or with other `data` bytes. */
  | { readonly kind: "conflict" };

export interface EventDetail extends EventSummary {
  readonly body: string;
  readonly log: readonly LogEntry[];
}

// ── Deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an attempt needs of the event; may ride along from the ingest so that nothing is read back. */
export interface Payload {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
}

/** A pending delivery as the loop buffers it. */
export interface ReadyDelivery {
  readonly key: DeliveryKey;
  readonly webhook: WebhookKey;
  readonly dueAt: Millis;
  /** Not its first attempt. */
  readonly isRetry: boolean;
  /** Of its body, in UTF-8. */
  readonly bodyBytes: number;
  readonly payload?: Payload;
}

/** The right to finish one delivery; a number that was never given before makes a stale one recognisable. */
export interface Lease {
  readonly delivery: DeliveryKey;
  readonly token: number;
}

export interface ClaimedDelivery extends Payload {
  readonly lease: Lease;
  /** As it is at this moment. */
  readonly webhook: Webhook;
  /** Finished and counted. */
  readonly attempts: number;
  readonly isTest: boolean;
}

export interface Settlement {
  readonly lease: Lease;
  readonly attempt: Attempt;
  readonly next: Transition;
}

/**
 * `lost`: the lease was not held any more, or the delivery was final; the attempt row is kept all the same.
 * A webhook deleted meanwhile turns a `pending` or `failed` into `cancelled`. `failed` because `gone` turns the webhook off,
 * but a test does not, and an attempt at a URL that the webhook has left does not either. An attempt that was signed has
 * passed the guard, and its webhook is `urlPassed` from then on, with the same exceptions.
 */
export type Settled =
  | { readonly kind: "kept"; readonly state: DeliveryState; readonly dueAt: Millis | null }
  | { readonly kind: "lost" };

/** A webhook with pending work. */
export interface LaneStart {
  readonly webhook: WebhookKey;
  readonly nextDueAt: Millis;
  /** Something of it has failed before. */
  readonly hasRetries: boolean;
}

export interface Seek {
  readonly webhook: WebhookKey;
  readonly isRetry: boolean;
  readonly limit: number;
  /** No bodies are to come along: whoever asks has no room for them. */
  readonly keysOnly?: boolean;
}

/** One line of the logs: a delivery with its last counted attempt. */
export interface LogEntry {
  readonly row: RowKey;
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** The last attempt's, or the webhook's before the first. */
  readonly url: string;
  readonly state: DeliveryState | "sending";
  readonly statusCode: number | null;
  readonly responseTimeMs: number | null;
  readonly attempts: number;
  readonly createdAt: Millis;
  readonly deliveredAt: Millis | null;
  readonly lastAttemptAt: Millis | null;
  readonly nextRetryAt: Millis | null;
  readonly error: string | null;
  readonly isTest: boolean;
  /** Id of the delivery that this one repeats. */
  readonly resendOf: string | null;
}

export interface LogDetail {
  readonly entry: LogEntry;
  readonly body: string;
  /** Oldest first, interrupted ones included. */
  readonly attempts: readonly Attempt[];
}

export interface LogFilter {
  readonly status?: DeliveryState | "sending";
  readonly eventType?: string;
}

/** Newest first. `before`: only rows older than that one; it need not exist any more. */
export interface PageRequest {
  readonly limit: number;
  readonly before: RowKey | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page starts, or null at the end. A page may be short and still have a next one. */
  readonly next: RowKey | null;
}

export interface ResendRange {
  /** Deliveries that failed at or after this time and before `until`. */
  readonly since: Millis;
  readonly until: Millis;
  readonly limit: number;
  /** Only rows newer than this one: where the chunk before ended. 0: from the start. */
  readonly after: RowKey;
}

// ── Keys and sessions ───────────────────────────────────────────────────────────────────────────────────────────────

export type { Scope };

export interface Key {
  readonly row: RowKey;
  /** `key_…` */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly createdAt: Millis;
  readonly expiresAt: Millis | null;
}

/** `hash` is the SHA-256 of the token, in hexadecimal: the token itself is never stored. */
export type NewKey = Omit<Key, "row"> & { readonly hash: string };

export interface Session {
  readonly hash: string;
  /** Hash of the key that opened it. The configured admin key has no row, so the caller compares. */
  readonly keyHash: string;
  readonly expiresAt: Millis;
}

// ── The audit log ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Entries to which all of this applies. */
export interface AuditFilter {
  readonly action?: AuditAction;
  /** A webhook's id, or a key's. */
  readonly targetId?: string;
  /** The id of a stored key. */
  readonly actorId?: string;
}

// ── Housekeeping ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface StoreStats {
  /** Not the deleted ones. */
  readonly webhooks: number;
  /** Without tests. */
  readonly pending: number;
  /** Among the deliveries of active webhooks. */
  readonly oldestDueAt: Millis | null;
  readonly databaseBytes: number;
}
