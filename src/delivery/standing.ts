import type { Outcome } from "../domain/attempt.ts";
import { QUICK_ANSWER_MS, SLOW_ANSWER_MAX_MS } from "../limits.ts";
import type { Millis } from "../world.ts";

/** How a webhook's receiver has kept the slots that it was given, the best first; of a new one nobody knows. */
export const STANDING = { quick: 0, new: 1, slow: 2, hanging: 3 } as const;

export type Standing = (typeof STANDING)[keyof typeof STANDING];

export const STANDINGS: readonly Standing[] = Object.values(STANDING);

/** What the last attempt tells of it; a refusal can be as quick as a success, and an answer as late as none. */
export function standingAfter(outcome: Outcome, durationMs: Millis): Standing {
  if (durationMs <= QUICK_ANSWER_MS) return STANDING.quick;
  return durationMs <= SLOW_ANSWER_MAX_MS && hasAnswered(outcome) ? STANDING.slow : STANDING.hanging;
}

/** Whether a receiver said anything at all. */
export function hasAnswered({ kind }: Outcome): boolean {
  return kind !== "timeout" && kind !== "unreachable" && kind !== "unresolved";
}
