import type { Tidied } from "../../src/store/sqlite/tidy.ts";
import type { TidyOptions } from "../../src/store/sqlite/tidy-chunk.ts";
import type { AttemptWatch } from "./attempt-watch.ts";
import type { Books, DeliveryEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import type { DeliveryRow, Tables } from "./tables.ts";

export interface TidyWatchParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly tables: Tables;
  readonly attempts: AttemptWatch;
}

/** Judges housekeeping by what is missing afterwards. */
export class TidyWatch {
  readonly #parts: TidyWatchParts;
  #ran: TidyOptions | null = null;

  constructor(parts: TidyWatchParts) {
    this.#parts = parts;
  }

  ran(options: TidyOptions, { rows }: Tidied): void {
    if (rows > 0) this.#ran = options;
  }

  /** To be called when the whole batch is in the books. */
  compare(): void {
    const options = this.#ran;
    if (options === null) return;
    this.#ran = null;
    const rows = new Map(this.#parts.tables.deliveries().map((row) => [row.key, row]));
    for (const entry of this.#parts.books.deliveries.values()) {
      const row = rows.get(entry.key);
      if (row === undefined) this.#removed(entry, options);
      else if (row.state === "cancelled" && entry.state === "pending") this.#cancelled(entry, row, options);
    }
    this.#compareEvents(options);
  }

  #removed(entry: DeliveryEntry, { before }: TidyOptions): void {
    const { judge, books } = this.#parts;
    const isOld = entry.finishedAt !== null && entry.finishedAt < before;
    judge.expect(
      "tidied",
      isOld,
      () => `${entry.id}, ${entry.state}, was finished at ${entry.finishedAt} and is removed`,
    );
    books.remove(entry);
  }

  #cancelled(entry: DeliveryEntry, { because }: DeliveryRow, { now, before }: TidyOptions): void {
    const { judge, books, attempts } = this.#parts;
    const { webhook, createdAt } = entry;
    const isExpired = !webhook.now.active && createdAt < before;
    const isRight = because === "deleted" ? webhook.isDeleted : because === "expired" && isExpired;
    judge.expect("tidied", isRight, () => `${entry.id}, made at ${createdAt}, is cancelled: ${because}`);
    const flight = attempts.flightOf(entry.key);
    judge.expect("tidied", flight === undefined || flight.ended !== null, () => `${entry.id} is cancelled in flight`);
    books.cancel(entry, because ?? "", now);
  }

  /** An event goes with its last delivery; one that nobody wanted, when it is old. */
  #compareEvents({ before }: TidyOptions): void {
    const { judge, books, tables } = this.#parts;
    const ids = tables.eventIds();
    for (const event of books.events.values()) {
      if (ids.has(event.id)) continue;
      const isOld = event.matched.size === 0 && event.createdAt < before;
      judge.expect("kept", isOld, () => `event ${event.id} is removed`);
      books.events.delete(event.id);
    }
  }
}
