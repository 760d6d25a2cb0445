import type { DeliveryState, Transition } from "../../domain/delivery.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey } from "../contract.ts";
import type { AttemptTable, FlatAttempt } from "./attempts.ts";
import type { DeliveryTable, Standing, Verdict } from "./deliveries.ts";
import type { Subscribers } from "./subscribers.ts";
import type { SealedWebhook, WebhookTable } from "./webhooks.ts";

export interface Outcome {
  readonly delivery: DeliveryKey;
  /** Whether whoever made the attempt held the lease until now. */
  readonly isHeld: boolean;
  readonly attempt: FlatAttempt;
  readonly next: Transition;
}

export type SettleReply =
  | {
      readonly kind: "kept";
      readonly state: DeliveryState;
      readonly dueAt: Millis | null;
      /** The webhook as it is now, when this outcome changed it. */
      readonly changed: SealedWebhook | null;
    }
  | { readonly kind: "lost" };

export interface Interruption {
  readonly delivery: DeliveryKey;
  readonly attempt: FlatAttempt;
}

/** The way out: an attempt and what becomes of its delivery, together. */
export class Settle {
  readonly #subscribers: Subscribers;
  readonly #webhooks: WebhookTable;
  readonly #deliveries: DeliveryTable;
  readonly #attempts: AttemptTable;

  constructor(subscribers: Subscribers, webhooks: WebhookTable, deliveries: DeliveryTable, attempts: AttemptTable) {
    this.#subscribers = subscribers;
    this.#webhooks = webhooks;
    this.#deliveries = deliveries;
    this.#attempts = attempts;
  }

  /** An attempt that lost its right is kept all the same, it did happen; without its delivery it has no place any more. */
  conclude({ delivery, isHeld, attempt, next }: Outcome): SettleReply {
    const standing = this.#deliveries.standing(delivery);
    if (standing === null) return { kind: "lost" };
    const verdict = verdictOf(delivery, attempt, next, standing);
    const isKept = isHeld && this.#deliveries.conclude(verdict);
    this.#attempts.insert(delivery, attempt, isKept);
    if (!isKept) return { kind: "lost" };
    const changed = this.#learn(standing, attempt, next, verdict.at);
    return { kind: "kept", state: verdict.state, dueAt: verdict.dueAt, changed };
  }

  interrupted({ delivery, attempt }: Interruption): void {
    if (this.#deliveries.standing(delivery) !== null) this.#attempts.insert(delivery, attempt, false);
  }

  /** What an outcome tells of its webhook; a test changes nothing on it. What was signed has passed the guard. */
  #learn(standing: Standing, attempt: FlatAttempt, next: Transition, now: Millis): SealedWebhook | null {
    if (standing.isTest === 1) return null;
    const isPassed = attempt.signatureHex !== null && standing.isUrlPassed === 0;
    const vouched = isPassed ? this.#webhooks.vouchFor(standing.webhook, attempt.url) : null;
    const turnedOff = isGone(next) ? this.#webhooks.turnOff(standing.webhook, attempt.url, now) : null;
    if (turnedOff !== null) this.#subscribers.forget(turnedOff.tenant);
    return turnedOff ?? vouched;
  }
}

function verdictOf(key: DeliveryKey, attempt: FlatAttempt, next: Transition, standing: Standing): Verdict {
  const at = attempt.startedAt + attempt.durationMs;
  const final = { key, dueAt: null, waitMs: 0, at };
  if (next.to === "delivered") return { ...final, state: "delivered", because: null };
  if (standing.isWebhookDeleted === 1) return { ...final, state: "cancelled", because: "deleted" };
  if (next.to === "failed") return { ...final, state: "failed", because: next.because };
  return { key, state: "pending", dueAt: next.dueAt, waitMs: next.waitMs, because: null, at };
}

function isGone(next: Transition): boolean {
  return next.to === "failed" && next.because === "gone";
}
