import { POLL_MS } from "../../src/limits.ts";
import type { Clock } from "../../src/world.ts";
import type { AttemptWatch } from "./attempt-watch.ts";
import type { Books, DeliveryEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import type { Slots } from "./slots.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

/** Beyond the poll, which finds what no hint told: for what a slow disk takes. */
const PATIENCE_MS = POLL_MS + 2_000;

export interface LivenessParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly clock: Clock;
}

/** Nothing that is due waits for long where there is room to send it. */
export class Liveness {
  readonly #parts: LivenessParts;
  /** Until then something else was the reason, by the monotonic clock. */
  #excusedUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
  }

  /** Whatever is late now, there is a reason. */
  excuse(): void {
    this.#excusedUntil = this.#parts.clock.monotonic();
  }

  check(slots: Slots, attempts: AttemptWatch, now: number): void {
    for (const webhook of this.#parts.books.webhooks.values()) {
      const idleSince = webhook.now.active ? slots.idleSince(webhook.key, now) : null;
      if (idleSince !== null) this.#checkLane(webhook, idleSince, attempts, now);
    }
  }

  /** Every delivery of an active webhook that was due `patienceMs` ago is over. */
  checkDrained(now: number, patienceMs: number): void {
    const { books, judge } = this.#parts;
    for (const { id, webhook, dueAt } of books.allPending) {
      const isLate = webhook.now.active && dueAt !== null && dueAt < now - patienceMs;
      judge.expect("liveness", !isLate, () => `${id} was due ${now - (dueAt ?? 0)} ms ago and is pending`);
    }
  }

  #checkLane(webhook: WebhookEntry, idleSince: number, attempts: AttemptWatch, now: number): void {
    const { books, judge, clock } = this.#parts;
    const since = Math.max(idleSince, webhook.activeSince, this.#excusedUntil);
    if (clock.monotonic() - since <= PATIENCE_MS) return;
    for (const entry of books.pendingOf(webhook)) {
      const isFree = !entry.isTest && attempts.flightOf(entry.key) === undefined;
      if (isFree)
        judge.expect("liveness", !isLate(entry, now), () => `${entry.id} is due since ${entry.dueAt}, it is ${now}`);
    }
  }
}

function isLate({ dueAt }: DeliveryEntry, now: number): boolean {
  return dueAt !== null && now - dueAt > PATIENCE_MS;
}
