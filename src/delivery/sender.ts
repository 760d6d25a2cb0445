import type { Attempt, Outcome } from "../domain/attempt.ts";
import { describe } from "../domain/attempt.ts";
import { decide, laneHoldMs, type Transition } from "../domain/delivery.ts";
import { DESCRIPTORS_WAIT_MS } from "../limits.ts";
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
  readonly reporter: Pick<AttemptReporter, "settled" | "interrupted" | "unsent">;
  readonly timeoutMs: Millis;
  readonly retryScheduleMs: readonly Millis[];
}

/** What a lane may learn when the response has ended; `learnt` is absent when the receiver had no say in the end. */
export interface Response {
  readonly learnt?: { readonly outcome: Outcome; readonly durationMs: Millis };
  readonly holdMs: Millis;
}

/** `interrupted`: cut off by a stop. `unsent`: there was no descriptor for a connection. Neither counts as an attempt. */
export type Delivered = Settled | { readonly kind: "interrupted" | "unsent" };

/** A receiver that could not be tried at all, told to somebody who waits for it. */
const NOT_TRIED: Outcome = { kind: "unreachable", failure: "connect_failed" };

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
    const timeoutMs = delivery.webhook.timeoutMs ?? this.#parts.timeoutMs;
    const deadline = this.#begin(timeoutMs);
    let reply: Reply;
    try {
      reply = await this.#parts.exchanger.exchange(delivery, deadline, timeoutMs);
    } finally {
      this.#end(deadline);
    }
    const outcome = reply.outcome === "unsent" && delivery.isTest ? NOT_TRIED : reply.outcome;
    if (outcome === "stopped") {
      responded({ holdMs: 0 });
      return this.#release(delivery, reply);
    }
    if (outcome === "unsent") {
      responded({ holdMs: DESCRIPTORS_WAIT_MS });
      return this.#putBack(delivery);
    }
    const next = this.#decide(delivery, outcome);
    responded({ learnt: { outcome, durationMs: reply.durationMs }, holdMs: laneHoldMs(outcome, next) });
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

  #begin(timeoutMs: Millis): Deadline {
    const deadline = new Deadline(this.#parts.clock, timeoutMs);
    this.#underway.add(deadline);
    if (this.#isAborted) deadline.stop();
    return deadline;
  }

  #end(deadline: Deadline): void {
    deadline.clear();
    this.#underway.delete(deadline);
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

  /** It is as if it had never been claimed. */
  async #putBack(delivery: ClaimedDelivery): Promise<Delivered> {
    await this.#parts.store.release(delivery.lease);
    this.#parts.reporter.unsent(this.#parts.clock.monotonic());
    return { kind: "unsent" };
  }

  async #release(delivery: ClaimedDelivery, reply: Reply): Promise<Delivered> {
    const attempt = attemptOf(delivery, reply, "stopped");
    await this.#parts.store.release(delivery.lease, attempt);
    this.#parts.reporter.interrupted(delivery, attempt);
    return { kind: "interrupted" };
  }
}

function attemptOf(delivery: ClaimedDelivery, reply: Reply, outcome: Outcome | "stopped"): Attempt {
  const { startedAt, durationMs, signed, response, timings } = reply;
  return {
    number: delivery.attempts + 1,
    startedAt,
    durationMs,
    url: delivery.webhook.url,
    code: codeOf(outcome),
    error: outcome === "stopped" ? "Interrupted: Posthorn was stopped during the attempt" : describe(outcome),
    statusCode: outcome !== "stopped" && "status" in outcome ? outcome.status : null,
    signed,
    response,
    timings,
  };
}

function codeOf(outcome: Outcome | "stopped"): Attempt["code"] {
  if (outcome === "stopped") return "interrupted";
  return outcome.kind === "unreachable" ? outcome.failure : outcome.kind;
}
