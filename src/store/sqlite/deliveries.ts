import type { Database } from "bun:sqlite";
import type { DeliveryState } from "../../domain/delivery.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { SOUGHT_BODY_MAX_BYTES } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, Payload, RowKey, Seek, WebhookKey } from "../contract.ts";
import type { RowKeys } from "./row-keys.ts";

export interface NewDelivery {
  readonly id: string;
  readonly webhook: WebhookKey;
  readonly event: RowKey;
  readonly eventType: string;
  readonly isTest: boolean;
  /** Public id of the delivery that this one repeats. */
  readonly resendOf: string | null;
  /** Never before the event was: what is finished before some time then has an event from before that time. */
  readonly createdAt: Millis;
  readonly dueAt: Millis;
}

export interface DueRow {
  readonly key: DeliveryKey;
  readonly dueAt: Millis;
  readonly bodyBytes: number;
  /** Of a first attempt with a short body. */
  readonly payload?: Payload;
}

/** What a claim reads of a pending delivery. */
export interface ClaimRow extends Payload {
  readonly key: DeliveryKey;
  readonly webhook: WebhookKey;
  readonly attempts: number;
}

export type Cancellation = "deleted" | "expired" | "interrupted";

/** A delivery after its attempt; `at` is the end of the attempt. */
export interface Verdict {
  readonly key: DeliveryKey;
  readonly state: DeliveryState;
  readonly dueAt: Millis | null;
  readonly waitMs: Millis;
  readonly because: string | null;
  readonly at: Millis;
}

/** The table of deliveries, as the writer uses it. Every write of a state asks for `pending`: a final one never changes. */
export class DeliveryTable {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #keys: RowKeys;

  constructor(db: Database, keys: RowKeys) {
    this.#sql = prepare(db);
    this.#keys = keys;
  }

  insert(delivery: NewDelivery): DeliveryKey {
    const { id, webhook, event, eventType, isTest, resendOf, createdAt, dueAt } = delivery;
    const idBytes = parseId("delivery", id);
    const resendOfBytes = resendOf === null ? null : parseId("delivery", resendOf);
    const key = this.#keys.nextDelivery();
    this.#sql.insert.run(key, idBytes, webhook, event, eventType, isTest, resendOfBytes, createdAt, dueAt);
    return key;
  }

  /** Soonest first, due or not; none when the webhook does not deliver. */
  pending({ webhook, isRetry, limit, keysOnly }: Seek): readonly DueRow[] {
    if (isRetry || keysOnly === true) return this.#sql.keys.all(webhook, isRetry, limit);
    return this.#sql.firsts.all(webhook, limit).map(firstAttempt);
  }

  /** All of them, whether they may be sent or not, and the tests. */
  countPending(): number {
    const { countPending, countPendingTests } = this.#sql;
    return (countPending.get()?.count ?? 0) + (countPendingTests.get()?.count ?? 0);
  }

  /** Null: it is final, or its webhook does not deliver. */
  claimable(key: DeliveryKey): ClaimRow | null {
    const row = this.#sql.claimable.get(key);
    return row === null ? null : { ...row, deliveryId: formatId("delivery", row.deliveryId) };
  }

  /** Whether it is there still. */
  has(key: DeliveryKey): boolean {
    return this.#sql.test.get(key) !== null;
  }

  isTest(key: DeliveryKey): boolean {
    return this.#sql.test.get(key)?.isTest === 1;
  }

  /** Counts an attempt and writes what comes of it. False: it was final already. */
  conclude({ key, state, dueAt, waitMs, because, at }: Verdict): boolean {
    const finishedAt = state === "pending" ? null : at;
    return this.#sql.conclude.run(state, dueAt, waitMs, because, finishedAt, key).changes > 0;
  }

  cancel(key: DeliveryKey, because: Cancellation, now: Millis): boolean {
    return this.#sql.cancel.run(because, now, key).changes > 0;
  }
}

interface FirstRow extends Omit<Payload, "body">, Omit<DueRow, "payload"> {
  /** Null: too long to come along. */
  readonly body: string | null;
}

function firstAttempt({ deliveryId, eventId, eventType, body, ...due }: IdColumn<FirstRow>): DueRow {
  if (body === null) return due;
  return { ...due, payload: { deliveryId: formatId("delivery", deliveryId), eventId, eventType, body } };
}

type IdColumn<Row> = Omit<Row, "deliveryId"> & { readonly deliveryId: Uint8Array };
type Count = { readonly count: number };
type InsertBindings = (Uint8Array | string | number | boolean | null)[];

function prepare(db: Database) {
  return {
    insert: db.query<never, InsertBindings>(`
      INSERT INTO deliveries (seq, id, webhook, event, event_type, is_test, resend_of, created_at, due_at, state, attempts, wait_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, 0)`),
    // A join that is sought by a bare parameter is prepared anew at each binding, because the planner looks at its value.
    firsts: db.query<IdColumn<FirstRow>, [WebhookKey, number]>(`
      SELECT d.seq AS key, d.due_at AS dueAt, octet_length(e.body) AS bodyBytes, d.id AS deliveryId, e.id AS eventId, e.type AS eventType,
        CASE WHEN octet_length(e.body) <= ${SOUGHT_BODY_MAX_BYTES} THEN e.body END AS body
      FROM webhooks w JOIN deliveries d ON d.webhook = w.seq JOIN events e ON e.seq = d.event
      WHERE w.seq = CAST(? AS INTEGER) AND w.active = 1 AND d.is_retry = 0 AND d.state = 'pending' AND d.is_test = 0
      ORDER BY d.due_at, d.seq LIMIT ?`),
    keys: db.query<DueRow, [WebhookKey, boolean, number]>(`
      SELECT d.seq AS key, d.due_at AS dueAt, octet_length(e.body) AS bodyBytes
      FROM webhooks w JOIN deliveries d ON d.webhook = w.seq JOIN events e ON e.seq = d.event
      WHERE w.seq = CAST(? AS INTEGER) AND w.active = 1 AND d.is_retry = CAST(? AS INTEGER) AND d.state = 'pending' AND d.is_test = 0
      ORDER BY d.due_at, d.seq LIMIT ?`),
    claimable: db.query<IdColumn<ClaimRow>, [DeliveryKey]>(`
      SELECT d.seq AS key, d.webhook, d.attempts, d.id AS deliveryId, e.id AS eventId, e.type AS eventType, e.body
      FROM deliveries d JOIN webhooks w ON w.seq = d.webhook JOIN events e ON e.seq = d.event
      WHERE d.seq = CAST(? AS INTEGER) AND d.state = 'pending' AND d.is_test = 0 AND w.active = 1`),
    // In two, since each has an index of its own that holds nothing but pending ones.
    countPending: db.query<Count, []>(
      "SELECT count(*) AS count FROM deliveries WHERE state = 'pending' AND is_test = 0",
    ),
    countPendingTests: db.query<Count, []>(
      "SELECT count(*) AS count FROM deliveries WHERE state = 'pending' AND is_test = 1",
    ),
    test: db.query<{ isTest: number }, [DeliveryKey]>("SELECT is_test AS isTest FROM deliveries WHERE seq = ?"),
    conclude: db.query<never, [DeliveryState, Millis | null, Millis, string | null, Millis | null, DeliveryKey]>(`
      UPDATE deliveries SET state = ?1, attempts = attempts + 1, due_at = ?2, wait_ms = ?3, because = ?4,
        finished_at = max(?5, created_at)
      WHERE seq = ?6 AND state = 'pending'`),
    cancel: db.query<never, [Cancellation, Millis, DeliveryKey]>(`
      UPDATE deliveries SET state = 'cancelled', due_at = NULL, because = ?1, finished_at = max(?2, created_at)
      WHERE seq = ?3 AND state = 'pending'`),
  };
}
