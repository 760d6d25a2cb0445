/**
 * What a store promises. One verb is one atomic promise. Every verb is asynchronous, values are plain, `now` is an
 * argument (a store never asks a clock), times are integer milliseconds, and policy stays out: the store is told when
 * something is due, never decides it. `test/store/conformance.ts` runs these promises against every store.
 */
import type { Attempt } from "../domain/attempt.ts";
import type { DeliveryState, Transition } from "../domain/delivery.ts";
import type { Event } from "../domain/event.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { Millis } from "../world.ts";

/** The store's own numbers for rows. They grow with time and never leave the process, but inside a cursor. */
export type WebhookKey = number;
export type DeliveryKey = number;
export type RowKey = number;

/** The only errors that a verb rejects with. Anything else that goes wrong is fatal and told to `onFatal`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /**
   * `full`: no room on the disk, nothing was written. `too_slow`: a read was cut off. `closed`: the store is shut.
   * `refused`: a row that cannot be (an id that is taken, a time that is no integer); nothing of it was written.
   */
  readonly code: "full" | "too_slow" | "closed" | "refused";

  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a store could not be opened: one sentence for the operator, which names the fix. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}

// ── Webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type NewWebhook = Omit<Webhook, "key" | "disabledReason" | "deletedAt" | "updatedAt">;

/** The fields to change; the others stay. A new `url` sets `urlPassed` to the given value; `active: true` clears `disabledReason`. */
export type WebhookChanges = Partial<
  Pick<
    Webhook,
    "url" | "events" | "secret" | "active" | "description" | "retryScheduleMs" | "timeoutMs" | "headers" | "urlPassed"
  >
>;

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewEvent extends Event {
  /** Id of the event's first delivery; the further ones count up from it (`idAfter`). */
  readonly firstDeliveryId: string;
  /** When the deliveries are due: engine time. */
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
 * A webhook deleted meanwhile turns a `pending` or `failed` into `cancelled`. `failed` because `gone` turns the webhook off.
 */
export type Settled =
  | { readonly kind: "kept"; readonly state: DeliveryState; readonly dueAt: Millis | null }
  | { readonly kind: "lost" };

/** A webhook with pending work. */
export interface LaneStart {
  readonly webhook: WebhookKey;
  readonly nextDueAt: Millis;
}

export interface Seek {
  readonly webhook: WebhookKey;
  readonly isRetry: boolean;
  readonly limit: number;
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

export type Scope = "read" | "manage" | "publish" | "admin";

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

// ── Housekeeping ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface StoreStats {
  readonly webhooks: number;
  readonly pending: number;
  readonly oldestDueAt: Millis | null;
  readonly databaseBytes: number;
}

export interface Store {
  createWebhook(webhook: NewWebhook): Promise<Webhook>;
  /** Not the deleted ones. */
  listWebhooks(tenant: string, page: PageRequest): Promise<Page<Webhook>>;
  /** Null: not this tenant's, or deleted (unless asked for). */
  findWebhook(tenant: string, id: string, options?: { readonly deletedToo: boolean }): Promise<Webhook | null>;
  updateWebhook(tenant: string, id: string, changes: WebhookChanges, now: Millis): Promise<Webhook | null>;
  /** At once for every reader; the pending deliveries are cancelled afterwards, by `tidy`. Null: there is none. */
  deleteWebhook(tenant: string, id: string, now: Millis): Promise<WebhookKey | null>;

  /** Stores the event and one delivery for every active webhook of the tenant that subscribes to it. On disk when it resolves. */
  ingest(event: NewEvent): Promise<Ingested>;
  /** Stores a test event and its single delivery, already leased: outside every lane, allowed on an inactive webhook. */
  ingestTest(event: NewEvent, webhook: WebhookKey): Promise<ClaimedDelivery | null>;
  listEvents(tenant: string, page: PageRequest & { readonly eventType?: string }): Promise<Page<EventSummary>>;
  findEvent(tenant: string, id: string): Promise<EventDetail | null>;

  listLog(webhook: WebhookKey, filter: LogFilter, page: PageRequest): Promise<Page<LogEntry>>;
  findLog(webhook: WebhookKey, deliveryId: string): Promise<LogDetail | null>;
  /** A new pending delivery of the same event. Null: the webhook has no such delivery. */
  resend(webhook: WebhookKey, deliveryId: string, newId: string, dueAt: Millis): Promise<ReadyDelivery | null>;
  /**
   * One chunk of new deliveries for those that failed in the range and were not resent since, oldest first.
   * `last`: where the next chunk goes on, or null when the range is done.
   */
  resendFailed(
    webhook: WebhookKey,
    range: ResendRange,
    firstNewId: string,
    dueAt: Millis,
  ): Promise<{ readonly deliveries: readonly ReadyDelivery[]; readonly last: RowKey | null }>;

  /**
   * To be called once, before anything is claimed: cancels tests that a crash left behind, pulls due times in that lie
   * further away than the wait that was asked, and tells which active webhooks have pending work.
   */
  recover(now: Millis): Promise<readonly LaneStart[]>;
  /** The active webhooks with pending work: the poll that stands behind every wake-up. Never the tests. */
  lanes(): Promise<readonly LaneStart[]>;
  /** Pending deliveries of one active webhook that nobody holds, soonest first, due or not; never tests. Inactive: none. */
  seek(seek: Seek): Promise<readonly ReadyDelivery[]>;
  /**
   * Takes each delivery for this process, until `settle`, `release` or the end of the process. Those that are not pending
   * any more, are held already, or whose webhook is inactive or deleted are left out of the answer.
   */
  claim(deliveries: readonly ReadyDelivery[]): Promise<readonly ClaimedDelivery[]>;
  /** Attempt row and new state, together, fenced by the lease. */
  settle(settlement: Settlement): Promise<Settled>;
  /** Gives a lease back; `interrupted` is the row of an attempt that was cut off at shutdown and does not count. */
  release(lease: Lease, interrupted?: Attempt): Promise<void>;

  createKey(key: NewKey): Promise<Key>;
  /** `tenant` null: all of them. */
  listKeys(tenant: string | null): Promise<readonly Key[]>;
  /** `last_admin`: it is the last all-tenant admin key, and `adminKeyIsConfigured` is false. */
  deleteKey(
    tenant: string | null,
    id: string,
    options: { readonly adminKeyIsConfigured: boolean; readonly now: Millis },
  ): Promise<"deleted" | "not_found" | "last_admin">;
  findKey(hash: string): Promise<Key | null>;
  createSession(session: Session): Promise<void>;
  /** The unexpired session with its unexpired key; `key` is null when no row bears `keyHash`. Null: there is no such session. */
  findSession(hash: string, now: Millis): Promise<{ readonly session: Session; readonly key: Key | null } | null>;
  deleteSession(hash: string): Promise<void>;

  /**
   * One chunk of what has to go: pending deliveries of deleted webhooks (cancelled), pending ones of inactive webhooks
   * created before `before` (cancelled), finished deliveries from before `before` with their attempts, events that nothing
   * needs any more, deleted webhooks without deliveries, expired sessions and keys.
   */
  tidy(options: {
    readonly now: Millis;
    readonly before: Millis;
    readonly maxRows: number;
  }): Promise<{ readonly rows: number; readonly more: boolean }>;
  /** Gives up to `maxPages` free pages back to the file system. */
  reclaim(maxPages: number): Promise<{ readonly pages: number; readonly more: boolean }>;

  stats(): Promise<StoreStats>;
  /** Resolves when a write has reached the disk. Rejects with `full` when there is no room. */
  probe(now: Millis): Promise<void>;
  close(): Promise<void>;
}
