import type { Database } from "bun:sqlite";
import type { StoreStats } from "../contract.ts";
import type { Lanes } from "./lanes.ts";
import { Space } from "./space.ts";

/** The database in four numbers. */
export class Stats {
  readonly #webhooks;
  readonly #pending;
  readonly #lanes: Lanes;
  readonly #space: Space;

  constructor(db: Database, lanes: Lanes) {
    this.#webhooks = db.query<{ count: number }, []>("SELECT count(*) AS count FROM webhooks WHERE deleted_at IS NULL");
    this.#pending = db.query<{ count: number }, []>(
      "SELECT count(*) AS count FROM deliveries WHERE state = 'pending' AND is_test = 0",
    );
    this.#lanes = lanes;
    this.#space = new Space(db);
  }

  now(): StoreStats {
    const due = this.#lanes.starts().map(({ nextDueAt }) => nextDueAt);
    return {
      webhooks: this.#webhooks.get()?.count ?? 0,
      pending: this.#pending.get()?.count ?? 0,
      oldestDueAt: due.length === 0 ? null : due.reduce((oldest, dueAt) => Math.min(oldest, dueAt)),
      databaseBytes: this.#space.databaseBytes,
    };
  }
}
