import type { Attempt, Outcome } from "../domain/attempt.ts";
import { describe } from "../domain/attempt.ts";
import { decide, laneHoldMs, type Transition } from "../domain/delivery.ts";
import type { ClaimedDelivery, Settled, Store } from "../store/contract.ts";
import type { Clock, Millis, Random } from "../world.ts";
import type { AttemptReporter } from "./attempt-reporter.ts";
import { Deadline } from "./deadline.ts";
import type { Exchanger, Reply } from "./exchanger.ts";

export interface SenderParts {
  readonly store: Pick<Store, "settle" | "release">;
  readonly exchanger: Pick<Exchanger, "exchange">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly random: Pick<Random, "unit">;
  /** Engine time. */
  readonly now: () => Millis;
  readonly reporter: Pick<AttemptReporter, "settled" | "interrupted">;
  readonly timeoutMs: Millis;
  readonly retryScheduleMs: readonly Millis[];
}

/** What a lane may learn when the response has ended; `learnt` is absent when the attempt was cut off by a stop. */
export interface Response {
  readonly learnt?: { readonly outcome: Outcome; readonly durationMs: Millis };
  readonly holdMs: Millis;
}

export type Delivered = Settled | { readonly kind: "interrupted" };

/** One delivery, one attempt: guard → sign → send → classify → decide → settle. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #underway = new Set<Deadline>();
  #isAborted = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Makes one attempt and settles it. `responded` is called exactly once, when the response has ended and before anything is
   * written: from then on the slot is free. Rejects only when the store does.
   */
  async deliver(delivery: ClaimedDelivery, responded: (response: Response) => void): Promise<Delivered> {
    const reply = await this.#exchange(delivery);
    if (reply.outcome === null) {
      responded({ holdMs: 0 });
      return this.#release(delivery, reply);
    }
    const { outcome, durationMs } = reply;
    const next = this.#decide(delivery, outcome);
    responded({ learnt: { outcome, durationMs }, holdMs: laneHoldMs(outcome, next) });
    const attempt = attemptOf(delivery, reply, outcome);
    const settled = await this.#parts.store.settle({ lease: delivery.lease, attempt, next });
    this.#parts.reporter.settled(delivery, attempt, next, settled);
    return settled;
  }

  /** Cuts off everything under way, and whatever is asked for later. */
  abort(): void {
    this.#isAborted = true;
    for (const deadline of this.#underway) deadline.stop();
  }

  async #exchange(delivery: ClaimedDelivery): Promise<Reply> {
    const timeoutMs = delivery.webhook.timeoutMs ?? this.#parts.timeoutMs;
    const deadline = new Deadline(this.#parts.clock, timeoutMs);
    this.#underway.add(deadline);
    if (this.#isAborted) deadline.stop();
    try {
      return await this.#parts.exchanger.exchange(delivery, deadline, timeoutMs);
    } finally {
      deadline.clear();
      this.#underway.delete(deadline);
    }
  }

  #decide(delivery: ClaimedDelivery, outcome: Outcome): Transition {
    const { webhook, attempts, isTest } = delivery;
    return decide(outcome, {
      attemptsBefore: attempts,
      isTest,
      urlPassed: webhook.urlPassed,
      scheduleMs: webhook.retryScheduleMs ?? this.#parts.retryScheduleMs,
      now: this.#parts.now(),
      jitter: this.#parts.random.unit(),
    });
  }

  async #release(delivery: ClaimedDelivery, reply: Reply): Promise<Delivered> {
    const attempt = attemptOf(delivery, reply, null);
    await this.#parts.store.release(delivery.lease, attempt);
    this.#parts.reporter.interrupted(delivery, attempt);
    return { kind: "interrupted" };
  }
}

function attemptOf(delivery: ClaimedDelivery, reply: Reply, outcome: Outcome | null): Attempt {
  const { startedAt, durationMs, signed, response, timings } = reply;
  return {
    number: delivery.attempts + 1,
    startedAt,
    durationMs,
    url: delivery.webhook.url,
    code: codeOf(outcome),
    error: outcome === null ? "Interrupted: Posthorn was stopped during the attempt" : describe(outcome),
    statusCode: outcome !== null && "status" in outcome ? outcome.status : null,
    signed,
    response,
    timings,
  };
}

function codeOf(outcome: Outcome | null): Attempt["code"] {
  if (outcome === null) return "interrupted";
  return outcome.kind === "unreachable" ? outcome.failure : outcome.kind;
}
