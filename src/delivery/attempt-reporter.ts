import type { Attempt } from "../domain/attempt.ts";
import type { DeliveryState, Transition } from "../domain/delivery.ts";
import { DESCRIPTORS_TOLD_MS } from "../limits.ts";
import type { Log, LogFields } from "../log.ts";
import type { ClaimedDelivery, Settled } from "../store/contract.ts";
import type { Millis } from "../world.ts";

/** What is counted of deliveries. */
export interface DeliveryCounters {
  attemptFinished(code: Attempt["code"], durationMs: Millis): void;
  /** A delivery is final. */
  deliveryFinished(state: Exclude<DeliveryState, "pending">): void;
}

/** Tells the operator what came of each attempt: one wide line in the log, and the counters. The row is the record. */
export class AttemptReporter {
  readonly #log: Log;
  readonly #counters: DeliveryCounters;
  #unsentToldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: { readonly log: Log; readonly counters: DeliveryCounters }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  /** A delivery that failed for good, and a webhook that was turned off, are what somebody has to look at. */
  settled(delivery: ClaimedDelivery, attempt: Attempt, next: Transition, settled: Settled): void {
    this.#counters.attemptFinished(attempt.code, attempt.durationMs);
    const state = settled.kind === "kept" ? settled.state : settled.kind;
    const retryInMs = next.to === "pending" && state === "pending" ? next.waitMs : null;
    const facts = { ...factsOf(delivery, attempt), state, retry_in_ms: retryInMs };
    if (state === "failed") this.#log.warn("attempt, the last one", facts);
    else this.#log.info("attempt", facts);
    if (state !== "pending" && state !== "lost") this.#counters.deliveryFinished(state);
    if (state === "failed" && next.to === "failed" && next.because === "gone") this.#tellGone(delivery);
  }

  interrupted(delivery: ClaimedDelivery, attempt: Attempt): void {
    this.#counters.attemptFinished(attempt.code, attempt.durationMs);
    this.#log.info("attempt interrupted", factsOf(delivery, attempt));
  }

  /** It concerns every delivery alike, so it is told now and then. `now` is monotonic. */
  unsent(now: number): void {
    if (now - this.#unsentToldAt < DESCRIPTORS_TOLD_MS) return;
    this.#unsentToldAt = now;
    this.#log.warn(
      "deliveries wait: this process may open no more files; bound the connections to the API, or raise the limit (ulimit -n)",
    );
  }

  #tellGone({ webhook }: ClaimedDelivery): void {
    this.#log.warn("webhook turned off: its receiver answered 410 Gone", {
      webhook: webhook.id,
      tenant: webhook.tenant,
    });
  }
}

function factsOf(delivery: ClaimedDelivery, attempt: Attempt): LogFields {
  return {
    delivery: delivery.deliveryId,
    webhook: delivery.webhook.id,
    event: delivery.eventId,
    type: delivery.eventType,
    attempt: attempt.number,
    code: attempt.code,
    status: attempt.statusCode,
    ms: attempt.durationMs,
    error: attempt.error,
  };
}
