import { LANE_HOLD_MAX_MS, RETRY_AFTER_MAX_MS } from "../limits.ts";
import type { Millis } from "../world.ts";
import type { Outcome } from "./attempt.ts";
import { waitBeforeRetry } from "./retry.ts";

/** The stored states; the last three are final. `sending` is only how the API shows a pending row that is leased now. */
export const DELIVERY_STATES = ["pending", "delivered", "failed", "cancelled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What the logs say of a delivery that was pending in a backup and may not be any more. */
export const CANCELLED_BY_RESTORE =
  "Cancelled when a backup was restored: it may have been delivered since the backup was made, so resend it if it was not";

/** What becomes of a delivery after an attempt. `waitMs` is the wait that was asked, so that a stepped clock can be mended. */
export type Transition =
  | { readonly to: "delivered" }
  | {
      readonly to: "pending";
      readonly dueAt: Millis;
      readonly waitMs: Millis;
      readonly because: "status" | "unreachable" | "blocked";
    }
  | { readonly to: "failed"; readonly because: "exhausted" | "gone" | "blocked" };

export interface Situation {
  /** Attempts that are finished and counted, without the one that just ended. */
  readonly attemptsBefore: number;
  readonly isTest: boolean;
  /** Whether the guard once let the webhook's URL pass. */
  readonly urlPassed: boolean;
  readonly scheduleMs: readonly Millis[];
  /** The end of the attempt. */
  readonly now: Millis;
  /** Uniform in [0, 1). */
  readonly jitter: number;
}

/**
 * The state machine: what an attempt's outcome means for its delivery.
 *
 * Everything but a success, 410 and a blocked address is retried, 3xx and 4xx too, until the schedule is used up
 * (SmartCV: Retry Mechanism). A `Retry-After` moves the next attempt later, never earlier, by at most a day. A test is one
 * attempt, and never `gone`: that would turn its webhook off.
 */
export function decide(outcome: Outcome, situation: Situation): Transition {
  if (outcome.kind === "success") return { to: "delivered" };
  if (isGone(outcome) && !situation.isTest) return { to: "failed", because: "gone" };
  if (outcome.kind === "blocked" && !situation.urlPassed) return { to: "failed", because: "blocked" };
  const planned = situation.isTest
    ? null
    : waitBeforeRetry(situation.scheduleMs, situation.attemptsBefore + 1, situation.jitter);
  if (planned === null) return { to: "failed", because: outcome.kind === "blocked" ? "blocked" : "exhausted" };
  const waitMs = Math.max(planned, Math.min(retryAfterMs(outcome), RETRY_AFTER_MAX_MS));
  return { to: "pending", dueAt: situation.now + waitMs, waitMs, because: causeOf(outcome) };
}

/**
 * How long a webhook's other deliveries should rest after this outcome: its `Retry-After`, at most a minute. 0: not at all,
 * as after a last attempt, where `Retry-After` is ignored.
 */
export function laneHoldMs(outcome: Outcome, next: Transition): Millis {
  return next.to === "pending" ? Math.min(retryAfterMs(outcome), LANE_HOLD_MAX_MS) : 0;
}

/** The receiver says that it is gone for good (RFC 9110 §15.5.11). */
function isGone(outcome: Outcome): boolean {
  return outcome.kind === "status" && outcome.status === 410;
}

function retryAfterMs(outcome: Outcome): Millis {
  return outcome.kind === "status" ? (outcome.retryAfterMs ?? 0) : 0;
}

function causeOf(outcome: Outcome): "status" | "unreachable" | "blocked" {
  if (outcome.kind === "status") return "status";
  return outcome.kind === "blocked" ? "blocked" : "unreachable";
}
