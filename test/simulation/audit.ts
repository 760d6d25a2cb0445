import type { Books, DeliveryEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import { compareNotes } from "./noted-changes.ts";
import type { AttemptRows, DeliveryRow, Tables } from "./tables.ts";

export interface AuditParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly tables: Tables;
}

const NO_ATTEMPTS: Omit<AttemptRows, "delivery"> = { counted: 0, strays: 0, numbers: 0, highest: null, successes: 0 };

/** Compares the tables with the books. */
export class Audit {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** What the step under way has changed. */
  step(): void {
    const { books, tables } = this.#parts;
    for (const entry of books.touched) this.#compare(entry, tables.delivery(entry.key));
    books.touched.clear();
    for (const webhook of books.touchedWebhooks) webhook.forgetOutdated();
    books.touchedWebhooks.clear();
  }

  /** Everything. */
  full(): void {
    const { books, tables, judge } = this.#parts;
    const rows = tables.deliveries();
    judge.expect(
      "tables",
      rows.length === books.deliveries.size,
      () => `${rows.length} rows, ${books.deliveries.size} booked`,
    );
    for (const row of rows) {
      const entry = books.deliveries.get(row.key);
      judge.expect("tables", entry !== undefined, () => `${row.id} was never made`);
      if (entry !== undefined) this.#compare(entry, row);
    }
    this.#compareAttempts();
    this.#compareEvents(rows);
    this.#compareWebhooks();
    compareNotes(this.#parts);
  }

  /** @param told how many deliveries are pending, by the store, when nothing is under way */
  backlog(told: number): void {
    const { tables, judge } = this.#parts;
    const pending = tables.deliveries().filter(({ state }) => state === "pending").length;
    judge.expect("backlog", told === pending, () => `${told} told, ${pending} in the tables`);
  }

  /** What SQLite itself finds. */
  damage(): void {
    const damage = this.#parts.tables.damage();
    this.#parts.judge.expect("tables", damage.length === 0, () => damage.join("; "));
  }

  #compare(entry: DeliveryEntry, row: DeliveryRow | null): void {
    const { judge } = this.#parts;
    judge.expect("kept", row !== null, () => `${entry.id} is not there`);
    if (row === null) return;
    const isDue = (row.state === "pending") === (row.dueAt !== null);
    judge.expect("due", isDue, () => `${entry.id} is ${row.state} and due at ${row.dueAt}`);
    const [booked, found] = [factsOf(entry, entry.webhook.key, entry.event.id), factsOf(row, row.webhook, row.eventId)];
    judge.expect("tables", found === booked, () => `${entry.id} is ${found} and should be ${booked}`);
  }

  #compareAttempts(): void {
    const { books, tables, judge } = this.#parts;
    const rows = new Map(tables.attempts().map((row) => [row.delivery, row]));
    for (const { key, id, attempts, strays, state, webhook } of books.deliveries.values()) {
      const found = rows.get(key) ?? NO_ATTEMPTS;
      const isWhole = found.counted === attempts && found.numbers === attempts && (found.highest ?? 0) === attempts;
      judge.expect("tables", isWhole, () => `${id} has ${JSON.stringify(found)} of ${attempts} attempts`);
      judge.expect("tables", found.strays === strays, () => `${id} has ${found.strays} of ${strays} stray attempts`);
      judge.expect("schedule", attempts <= webhook.longestSchedule + 1, () => `${id} had ${attempts} attempts`);
      const successes = state === "delivered" ? 1 : 0;
      judge.expect("verdict", found.successes === successes, () => `${id}, ${state}, has ${found.successes} successes`);
    }
  }

  #compareEvents(rows: readonly DeliveryRow[]): void {
    const { books, tables, judge } = this.#parts;
    const first = rows.filter(({ resendOf }) => resendOf === null);
    const webhooks = Map.groupBy(first, ({ eventId }) => eventId);
    const ids = tables.eventIds();
    judge.expect("kept", ids.size === books.events.size, () => `${ids.size} events, ${books.events.size} booked`);
    for (const { id, matched } of books.events.values()) {
      judge.expect("kept", ids.has(id), () => `event ${id} is not there`);
      const found = webhooks.get(id) ?? [];
      const isOnce = new Set(found.map(({ webhook }) => webhook)).size === found.length;
      const isMatched = found.every(({ webhook }) => matched.has(webhook));
      judge.expect("fanOut", isOnce && isMatched, () => `event ${id} has ${found.length} deliveries`);
    }
  }

  /** A deleted one is removed in time. */
  #compareWebhooks(): void {
    const { books, tables, judge } = this.#parts;
    const rows = new Map(tables.webhooks().map(({ key, facts }) => [key, facts]));
    for (const { key, id, now, isDeleted } of books.webhooks.values()) {
      const booked = [now.url, Number(now.active), Number(now.urlPassed), Number(isDeleted)].join();
      const found = rows.get(key) ?? (isDeleted ? booked : "not there");
      judge.expect("tables", found === booked, () => `${id} is ${found} and should be ${booked}`);
    }
  }
}

/** As one text, so that a difference shows. */
function factsOf(
  facts: Omit<DeliveryEntry | DeliveryRow, "webhook" | "event">,
  webhook: number,
  event: string,
): string {
  const { id, state, because, attempts, dueAt, waitMs, createdAt, finishedAt, isTest, resendOf } = facts;
  return [
    id,
    webhook,
    event,
    state,
    because,
    attempts,
    dueAt,
    waitMs,
    createdAt,
    finishedAt,
    Number(isTest),
    resendOf,
  ].join();
}
