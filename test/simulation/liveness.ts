import { POLL_MS } from "../../src/limits.ts";
import type { Clock, Millis } from "../../src/world.ts";
import type { AttemptWatch } from "./attempt-watch.ts";
import type { Books, DeliveryEntry } from "./books.ts";
import type { Disk } from "./disk.ts";
import type { Judge } from "./judge.ts";
import type { Slots } from "./slots.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

/** What the loop knows of is sent at once; the rest is a timer's rounding. */
const PROMPT_MS = 10;

export interface LivenessParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly disk: Disk;
}

/** Nothing that is due waits for long where there is room to send it. */
export class Liveness {
  readonly #parts: LivenessParts;
  /** Until then something else was the reason, by the monotonic clock. */
  #excusedUntil = Number.NEGATIVE_INFINITY;
  /** Engine time. */
  #now: () => Millis = () => 0;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
  }

  /** A process begins. */
  begin(now: () => Millis): void {
    this.#now = now;
    this.excuse();
  }

  /** Whatever is late now, or becomes due within the next `ms`, there is a reason. */
  excuse(ms: Millis = 0): void {
    this.#excusedUntil = this.#parts.clock.monotonic() + ms;
  }

  /** @param idleSince since when there was room for it, by the monotonic clock; null: until now there was none */
  checkStart(entry: DeliveryEntry, idleSince: number | null): void {
    if (idleSince !== null) this.#check(entry, idleSince);
  }

  /** What waits and should not. */
  checkWaiting(slots: Slots, attempts: AttemptWatch): void {
    for (const webhook of this.#parts.books.webhooks.values()) {
      const idleSince = webhook.now.active ? slots.idleSince(webhook.key, this.#now()) : null;
      if (idleSince !== null) this.#checkLane(webhook, idleSince, attempts);
    }
  }

  /** Every delivery of an active webhook that was due `longMs` ago is over. */
  checkDrained(longMs: Millis): void {
    const { books, judge } = this.#parts;
    for (const { id, webhook, dueAt } of books.allPending) {
      const isLate = webhook.now.active && dueAt !== null && dueAt < this.#now() - longMs;
      judge.expect("liveness", !isLate, () => `${id} was due ${this.#now() - (dueAt ?? 0)} ms ago and is pending`);
    }
  }

  #checkLane(webhook: WebhookEntry, idleSince: number, attempts: AttemptWatch): void {
    for (const entry of this.#parts.books.pendingOf(webhook)) {
      if (!entry.isTest && !attempts.isOut(entry.key)) this.#check(entry, idleSince);
    }
  }

  #check(entry: DeliveryEntry, idleSince: number): void {
    const { clock, disk, judge } = this.#parts;
    if (disk.obstacle !== null || disk.slownessMs > 0) this.excuse();
    const now = clock.monotonic();
    const dueSince = now - this.#now() + (entry.dueAt ?? 0);
    const lateMs = now - Math.max(dueSince, idleSince, entry.webhook.activeSince, this.#excusedUntil);
    const patienceMs = entry.isUnannounced ? POLL_MS + PROMPT_MS : PROMPT_MS;
    judge.expect("liveness", lateMs <= patienceMs, () => `${entry.id}, due at ${entry.dueAt}, is ${lateMs} ms late`);
  }
}
