import type { LaneStart } from "../../src/store/contract.ts";
import type { Interruption, Outcome, SettleReply } from "../../src/store/sqlite/settle.ts";
import type { Clock, Millis } from "../../src/world.ts";
import type { AttemptWatch, Flight } from "./attempt-watch.ts";
import type { Books, DeliveryEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import type { Trace } from "./trace.ts";
import type { Verdict } from "./verdict.ts";

/** What an outcome bears that comes with a stale lease. */
export const STALE_URL = "https://stale.example/";

export interface OutcomeWatchParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly trace: Trace;
  readonly clock: Clock;
  readonly attempts: AttemptWatch;
}

/** Judges what the store makes of the end of an attempt, and of the start of a process. */
export class OutcomeWatch {
  readonly #parts: OutcomeWatchParts;

  constructor(parts: OutcomeWatchParts) {
    this.#parts = parts;
  }

  settled({ delivery, heldFor, attempt, next }: Outcome, reply: SettleReply): void {
    const { books, judge, attempts, trace } = this.#parts;
    const entry = books.deliveries.get(delivery);
    if (attempt.url === STALE_URL) {
      judge.expect("lease", heldFor === null && reply.kind === "lost", () => `a stale lease settles ${delivery}`);
      if (entry !== undefined) entry.strays += 1;
      return;
    }
    judge.expect("lease", heldFor !== null && entry !== undefined, () => `${delivery} was attempted and is not held`);
    const flight = attempts.flightOf(delivery);
    if (entry === undefined) return;
    trace.note(`settled ${delivery}: ${reply.kind === "lost" ? "lost" : reply.state}`);
    const verdict = flight?.ended?.verdict ?? null;
    if (flight !== undefined) flight.isSettled = true;
    judge.expect("overlap", verdict !== null, () => `${entry.id} is settled without an attempt that has ended`);
    judge.expect("schedule", attempt.number === entry.attempts + 1, () => `${entry.id} counts ${attempt.number}`);
    judge.expect("lease", reply.kind === "kept", () => `${entry.id} was held and is lost`);
    if (flight === undefined || verdict === null) return;
    this.#checkNext(entry, flight, verdict, next);
    this.#conclude(entry, flight, next, attempt.startedAt + attempt.durationMs);
    if (reply.kind === "kept")
      judge.expect("verdict", reply.state === entry.state, () => `${entry.id} is ${reply.state}`);
    this.#learn(entry, attempt.signatureHex !== null, attempt.url, verdict);
  }

  released({ delivery, attempt }: Interruption): void {
    const { books, judge, attempts } = this.#parts;
    const entry = books.deliveries.get(delivery);
    if (entry === undefined) return;
    entry.strays += 1;
    books.touched.add(entry);
    const isCutOff = attempt.code === "interrupted" && attempts.flightOf(delivery)?.ended?.verdict === null;
    judge.expect("verdict", isCutOff, () => `${entry.id} is released and was not cut off`);
  }

  /** A crash leaves tests behind, which are cancelled; and no due time is further away than the wait that was asked. */
  recovered(now: Millis, lanes: readonly LaneStart[]): void {
    const { books, judge } = this.#parts;
    const expected = new Map<number, Millis>();
    for (const entry of books.allPending) {
      const { webhook, dueAt, waitMs } = entry;
      if (entry.isTest) {
        books.cancel(entry, "interrupted", now);
        continue;
      }
      if (dueAt !== null && !webhook.isDeleted) entry.dueAt = Math.min(dueAt, now + waitMs);
      entry.isUnannounced = false;
      books.touched.add(entry);
      const soonest = Math.min(expected.get(webhook.key) ?? Number.POSITIVE_INFINITY, entry.dueAt ?? 0);
      if (webhook.now.active) expected.set(webhook.key, soonest);
    }
    const found = new Map(lanes.map(({ webhook, nextDueAt }) => [webhook, nextDueAt]));
    for (const [webhook, dueAt] of expected) {
      judge.expect("liveness", found.get(webhook) === dueAt, () => `webhook ${webhook} is due at ${dueAt}: not found`);
    }
  }

  #checkNext({ id }: DeliveryEntry, { ended }: Flight, verdict: Verdict, next: Outcome["next"]): void {
    const { judge } = this.#parts;
    judge.expect("verdict", next.to === verdict.state, () => `${id} becomes ${next.to}, not ${verdict.state}`);
    if (next.to === "failed" && verdict.state === "failed") {
      judge.expect("verdict", next.because === verdict.because, () => `${id} fails: ${next.because}`);
    }
    if (next.to !== "pending" || verdict.state !== "pending") return;
    const { waitMs, dueAt } = next;
    const isWithin = waitMs >= verdict.leastMs && waitMs <= verdict.mostMs;
    judge.expect("gap", isWithin, () => `${id} waits ${waitMs} ms, not ${verdict.leastMs}–${verdict.mostMs}`);
    const endedAt = ended?.engineAt ?? 0;
    judge.expect("due", dueAt === endedAt + waitMs, () => `${id} is due at ${dueAt}, and ended at ${endedAt}`);
  }

  #conclude(entry: DeliveryEntry, { ended }: Flight, next: Outcome["next"], at: Millis): void {
    const { books } = this.#parts;
    entry.attempts += 1;
    books.touched.add(entry);
    if (next.to === "delivered") books.finish(entry, "delivered", null, at);
    else if (entry.webhook.isDeleted) books.finish(entry, "cancelled", "deleted", at);
    else if (next.to === "failed") books.finish(entry, "failed", next.because, at);
    else this.#postpone(entry, ended, next);
  }

  #postpone(entry: DeliveryEntry, ended: Flight["ended"], { dueAt, waitMs }: { dueAt: Millis; waitMs: Millis }): void {
    Object.assign(entry, { dueAt, waitMs, isUnannounced: false });
    const verdict = ended?.verdict;
    if (verdict?.state !== "pending") return;
    entry.pause = { since: ended?.at ?? 0, leastMs: verdict.leastMs, leapsMs: this.#parts.books.leapsMs };
  }

  /** What was signed had passed the guard; a receiver that is gone turns its webhook off; a test changes nothing. */
  #learn({ webhook, isTest }: DeliveryEntry, isSigned: boolean, url: string, verdict: Verdict): void {
    if (isTest || webhook.now.url !== url) return;
    const isGone = verdict.state === "failed" && verdict.because === "gone" && webhook.now.active;
    const isPassed = isSigned && !webhook.now.urlPassed;
    if (!isGone && !isPassed) return;
    webhook.change(
      { ...(isPassed && { urlPassed: true }), ...(isGone && { active: false }) },
      this.#parts.clock.monotonic(),
    );
    this.#parts.books.touchedWebhooks.add(webhook);
  }
}
