import type { Database } from "bun:sqlite";
import type { DeliveryKey, RowKey } from "../contract.ts";
import type { FactTable } from "./facts.ts";

/**
 * The keys of the tables that every event writes to. They only grow, so that a cursor outlives the row that it names; a rollback
 * leaves a gap. AUTOINCREMENT does the same by reading and writing a table of its own at each insert, for 1 µs.
 */
export class RowKeys {
  readonly #events: Series;
  readonly #deliveries: Series;

  constructor(db: Database, facts: FactTable) {
    const newestEvent = db.query<Newest, []>("SELECT max(seq) AS key FROM events");
    const newestDelivery = db.query<Newest, []>("SELECT max(seq) AS key FROM deliveries");
    this.#events = new Series("last_event", facts, () => newestEvent.get());
    this.#deliveries = new Series("last_delivery", facts, () => newestDelivery.get());
  }

  nextEvent(): RowKey {
    return this.#events.next();
  }

  nextDelivery(): DeliveryKey {
    return this.#deliveries.next();
  }

  /** To be called before rows are removed, in the same transaction: afterwards the tables alone do not tell what was given. */
  keep(): void {
    this.#events.keep();
    this.#deliveries.keep();
  }
}

interface Newest {
  readonly key: number | null;
}

class Series {
  readonly #name: string;
  readonly #facts: FactTable;
  readonly #newest: () => Newest | null;
  #last: number | null = null;

  constructor(name: string, facts: FactTable, newest: () => Newest | null) {
    this.#name = name;
    this.#facts = facts;
    this.#newest = newest;
  }

  next(): number {
    const next = (this.#last ?? this.#found()) + 1;
    this.#last = next;
    return next;
  }

  keep(): void {
    this.#last ??= this.#found();
    this.#facts.set(this.#name, String(this.#last));
  }

  #found(): number {
    return Math.max(this.#newest()?.key ?? 0, Number(this.#facts.get(this.#name) ?? 0));
  }
}
