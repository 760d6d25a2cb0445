import type { Database } from "bun:sqlite";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, LaneStart, WebhookKey } from "../contract.ts";
import type { DeliveryTable } from "./deliveries.ts";

/** Which webhooks have pending work: two look-ups in one index for each active webhook, however long the backlog is. */
export class Lanes {
  readonly #starts;

  constructor(db: Database) {
    this.#starts = db.query<{ webhook: WebhookKey; first: Millis | null; retry: Millis | null }, []>(`
      SELECT w.seq AS webhook,
        (SELECT min(due_at) FROM deliveries WHERE webhook = w.seq AND is_retry = 0 AND state = 'pending' AND is_test = 0) AS first,
        (SELECT min(due_at) FROM deliveries WHERE webhook = w.seq AND is_retry = 1 AND state = 'pending' AND is_test = 0) AS retry
      FROM webhooks w WHERE w.active = 1`);
  }

  starts(): readonly LaneStart[] {
    const lanes: LaneStart[] = [];
    for (const { webhook, first, retry } of this.#starts.all()) {
      const nextDueAt = Math.min(first ?? Number.POSITIVE_INFINITY, retry ?? Number.POSITIVE_INFINITY);
      if (nextDueAt < Number.POSITIVE_INFINITY) lanes.push({ webhook, nextDueAt, hasRetries: retry !== null });
    }
    return lanes;
  }
}

/** Once at the start: mends what a crash or a stepped clock left behind. */
export class Recovery {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #deliveries: DeliveryTable;
  readonly #lanes: Lanes;

  constructor(db: Database, deliveries: DeliveryTable, lanes: Lanes) {
    this.#sql = prepare(db);
    this.#deliveries = deliveries;
    this.#lanes = lanes;
  }

  run(now: Millis): readonly LaneStart[] {
    for (const { key } of this.#sql.tests.all()) this.#deliveries.cancel(key, "interrupted", now);
    for (const { webhook } of this.#sql.webhooks.all()) {
      this.#sql.pullIn.run(now, webhook, false);
      this.#sql.pullIn.run(now, webhook, true);
    }
    return this.#lanes.starts();
  }
}

function prepare(db: Database) {
  return {
    tests: db.query<{ key: DeliveryKey }, []>(
      "SELECT seq AS key FROM deliveries WHERE state = 'pending' AND is_test = 1",
    ),
    webhooks: db.query<{ webhook: WebhookKey }, []>("SELECT seq AS webhook FROM webhooks WHERE deleted_at IS NULL"),
    // A due time that is not after `now` cannot be too far away: the index leaves the overdue backlog aside.
    pullIn: db.query<never, [Millis, WebhookKey, boolean]>(`
      UPDATE deliveries SET due_at = ?1 + wait_ms
      WHERE webhook = ?2 AND is_retry = ?3 AND state = 'pending' AND is_test = 0 AND due_at > ?1 AND due_at > ?1 + wait_ms`),
  };
}
