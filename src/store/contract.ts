/**
 * What a store promises. One verb is one atomic promise. Every verb is asynchronous, values are plain, `now` is an
 * argument (a store never asks a clock), times are integer milliseconds, and policy stays out: the store is told when
 * something is due, never decides it. `test/store/conformance.ts` runs these promises against every store.
 */
import type { Attempt } from "../domain/attempt.ts";
import type { Actor, AuditEntry } from "../domain/audit.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { Millis } from "../world.ts";
import type {
  AuditFilter,
  ClaimedDelivery,
  EventDetail,
  EventSummary,
  Ingested,
  Key,
  LaneStart,
  Lease,
  LogDetail,
  LogEntry,
  LogFilter,
  NewEvent,
  NewKey,
  NewWebhook,
  Page,
  PageRequest,
  ReadyDelivery,
  ResendRange,
  RowKey,
  Seek,
  Session,
  Settled,
  Settlement,
  StoreStats,
  WebhookChanges,
  WebhookKey,
} from "./values.ts";

export type * from "./values.ts";

/** The only errors that a verb rejects with. Anything else that goes wrong is fatal and told to `onFatal`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /**
   * `full`: no room on the disk, `busy`: another program holds the database; nothing was written, and it can be tried again.
   * `too_slow`: a read was cut off. `closed`: the store is shut.
   * `refused`: a row that cannot be (an id that is taken, a time that is no integer); nothing of it was written.
   */
  readonly code: "full" | "busy" | "too_slow" | "closed" | "refused";

  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a store could not be opened: one sentence for the operator, which names the fix. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}

export interface Store {
  /**
   * Null: its tenant has `maxOfTenant` webhooks already; deleted ones do not count. As every change of a webhook or a key, it is
   * in the audit log together with the change itself.
   */
  createWebhook(webhook: NewWebhook, by: Actor, maxOfTenant: number): Promise<Webhook | null>;
  /** Not the deleted ones. */
  listWebhooks(tenant: string, page: PageRequest): Promise<Page<Webhook>>;
  /** Null: not this tenant's, or deleted (unless asked for). */
  findWebhook(tenant: string, id: string, options?: { readonly deletedToo: boolean }): Promise<Webhook | null>;
  /**
   * Null: there is none, or its headers are not `headersBefore` any more. What is given as it is already leaves nothing in the
   * audit log.
   */
  updateWebhook(tenant: string, id: string, changes: WebhookChanges, now: Millis, by: Actor): Promise<Webhook | null>;
  /** At once for every reader; the pending deliveries are cancelled afterwards, by `tidy`. Null: there is none. */
  deleteWebhook(tenant: string, id: string, now: Millis, by: Actor): Promise<WebhookKey | null>;
  /** The secret, once it is on disk that it was shown. Null: there is no such webhook. */
  readSecret(tenant: string, id: string, now: Millis, by: Actor): Promise<string | null>;

  /** Stores the event and one delivery for every active webhook of the tenant that subscribes to it. On disk when it resolves. */
  ingest(event: NewEvent): Promise<Ingested>;
  /** Stores a test event and its single delivery, already leased: outside every lane, allowed on an inactive webhook. */
  ingestTest(event: NewEvent, webhook: WebhookKey): Promise<ClaimedDelivery | null>;
  listEvents(tenant: string, page: PageRequest & { readonly eventType?: string }): Promise<Page<EventSummary>>;
  findEvent(tenant: string, id: string): Promise<EventDetail | null>;

  listLog(webhook: WebhookKey, filter: LogFilter, page: PageRequest): Promise<Page<LogEntry>>;
  findLog(webhook: WebhookKey, deliveryId: string): Promise<LogDetail | null>;
  /** Its line of the log alone, which is read at once however long the event and however many its attempts are. */
  findLogEntry(webhook: WebhookKey, deliveryId: string): Promise<LogEntry | null>;
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

  /** Null: its tenant, or all tenants as a group, has `maxOfTenant` keys already, if that is given; expired ones count. */
  createKey(key: NewKey, by: Actor, maxOfTenant?: number): Promise<Key | null>;
  /** `tenant` null: all of them. */
  listKeys(tenant: string | null, page: PageRequest): Promise<Page<Key>>;
  /** Whether there is an admin key of all tenants that is valid at `now`. */
  isAdministered(now: Millis): Promise<boolean>;
  /**
   * `last_admin`: it is an all-tenant admin key, no other one lasts at least as long, and `adminKeyIsConfigured` is false. One
   * that has expired can always go.
   */
  deleteKey(
    tenant: string | null,
    id: string,
    options: { readonly adminKeyIsConfigured: boolean; readonly now: Millis },
    by: Actor,
  ): Promise<"deleted" | "not_found" | "last_admin">;
  findKey(hash: string): Promise<Key | null>;
  /** The oldest session of the same key ends where it has more than SESSIONS_PER_KEY_MAX. */
  createSession(session: Session): Promise<void>;
  /** The unexpired session with its unexpired key; `key` is null when no row bears `keyHash`. Null: there is no such session. */
  findSession(hash: string, now: Millis): Promise<{ readonly session: Session; readonly key: Key | null } | null>;
  deleteSession(hash: string): Promise<void>;

  /**
   * `tenant` null: of all of them, and what belongs to none. Entries outlive what they speak of, and never change. Of each tenant
   * the newest AUDIT_ENTRIES_PER_TENANT_MAX are kept.
   */
  listAudit(tenant: string | null, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;

  /**
   * One chunk of what has to go: pending deliveries of deleted webhooks (cancelled), pending ones of inactive webhooks
   * created before `before` (cancelled), finished deliveries from before `before` with their attempts, events that nothing
   * needs any more, deleted webhooks without deliveries, expired sessions, keys
   * that expired before `before` (until then whoever still uses one is told why it does not work), and entries of the audit
   * log from before `auditBefore`.
   */
  tidy(options: {
    readonly now: Millis;
    readonly before: Millis;
    readonly auditBefore: Millis;
    readonly maxRows: number;
  }): Promise<{ readonly rows: number; readonly more: boolean }>;
  /** Gives up to `maxPages` free pages back to the file system. */
  reclaim(maxPages: number): Promise<{ readonly pages: number; readonly more: boolean }>;

  stats(): Promise<StoreStats>;
  /** How many deliveries are pending now, tests under way included. Cheap to ask, however many there are. */
  pending(): Promise<number>;
  /** Resolves when a write has reached the disk. Rejects with `full` or `busy` when it cannot now. */
  probe(now: Millis): Promise<void>;
  close(): Promise<void>;
}
