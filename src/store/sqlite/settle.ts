import type { DeliveryState, Transition } from "../../domain/delivery.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, WebhookKey } from "../contract.ts";
import type { AttemptTable, FlatAttempt } from "./attempts.ts";
import type { DeliveryTable, Verdict } from "./deliveries.ts";
import type { Standings } from "./standings.ts";
import type { Subscribers } from "./subscribers.ts";
import type { SealedWebhook, WebhookTable } from "./webhooks.ts";

export interface Outcome {
  readonly delivery: DeliveryKey;
  /** The webhook of the lease that whoever made the attempt held until now; null: none. */
  readonly heldFor: WebhookKey | null;
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

export interface SettleParts {
  readonly subscribers: Subscribers;
  readonly standings: Standings;
  readonly webhooks: WebhookTable;
  readonly deliveries: DeliveryTable;
  readonly attempts: AttemptTable;
}

/** The way out: an attempt and what becomes of its delivery, together. */
export class Settle {
  readonly #subscribers: Subscribers;
  readonly #standings: Standings;
  readonly #webhooks: WebhookTable;
  readonly #deliveries: DeliveryTable;
  readonly #attempts: AttemptTable;

  constructor(parts: SettleParts) {
    this.#subscribers = parts.subscribers;
    this.#standings = parts.standings;
    this.#webhooks = parts.webhooks;
    this.#deliveries = parts.deliveries;
    this.#attempts = parts.attempts;
  }

  conclude(outcome: Outcome): SettleReply {
    const { delivery, heldFor, attempt, next } = outcome;
    if (heldFor === null) return this.#lost(outcome);
    const standing = this.#standings.of(heldFor);
    const verdict = verdictOf(delivery, attempt, next, standing.isDeleted);
    if (!this.#deliveries.conclude(verdict)) return this.#lost(outcome);
    this.#attempts.insert(delivery, attempt, true);
    const hasNews = isGone(next) || (!standing.isUrlPassed && attempt.signatureHex !== null);
    const changed = hasNews ? this.#learn(heldFor, outcome, verdict.at) : null;
    return { kind: "kept", state: verdict.state, dueAt: verdict.dueAt, changed };
  }

  /** An attempt that does not count is kept all the same, it did happen; without its delivery it has no place any more. */
  interrupted({ delivery, attempt }: Interruption): void {
    if (this.#deliveries.has(delivery)) this.#attempts.insert(delivery, attempt, false);
  }

  #lost(outcome: Outcome): SettleReply {
    this.interrupted(outcome);
    return { kind: "lost" };
  }

  /** What an outcome tells of its webhook; a test changes nothing on it. What was signed has passed the guard. */
  #learn(webhook: WebhookKey, { delivery, attempt, next }: Outcome, now: Millis): SealedWebhook | null {
    if (this.#deliveries.isTest(delivery)) return null;
    const vouched = attempt.signatureHex === null ? null : this.#webhooks.vouchFor(webhook, attempt.url);
    const turnedOff = isGone(next) ? this.#webhooks.turnOff(webhook, attempt.url, now) : null;
    if (turnedOff !== null) this.#subscribers.forget(turnedOff.tenant);
    this.#standings.forgetAll();
    return turnedOff ?? vouched;
  }
}

function verdictOf(key: DeliveryKey, attempt: FlatAttempt, next: Transition, isWebhookDeleted: boolean): Verdict {
  const at = attempt.startedAt + attempt.durationMs;
  if (next.to === "delivered") return finalOf(key, "delivered", null, at);
  if (isWebhookDeleted) return finalOf(key, "cancelled", "deleted", at);
  if (next.to === "failed") return finalOf(key, "failed", next.because, at);
  return { key, state: "pending", dueAt: next.dueAt, waitMs: next.waitMs, because: null, at };
}

function finalOf(key: DeliveryKey, state: DeliveryState, because: string | null, at: Millis): Verdict {
  return { key, state, dueAt: null, waitMs: 0, because, at };
}

function isGone(next: Transition): boolean {
  return next.to === "failed" && next.because === "gone";
}
