import type { Outcome } from "../domain/attempt.ts";
import { LANE_START } from "../limits.ts";
import type { Millis } from "../world.ts";
import { hasAnswered, STANDING, type Standing, standingAfter } from "./standing.ts";

/**
 * How many requests one webhook may have in flight. It starts at 2, or at its cap if that is less, doubles with each quick
 * answer up to its cap, halves with a slow one, and falls to 1 on a timeout or a failed connect, so that a hanging webhook
 * costs the others nothing.
 */
export class SendWindow {
  readonly #cap: number;
  #size: number;
  #standing: Standing;

  constructor(cap: number, standing: Standing = STANDING.new) {
    this.#cap = cap;
    this.#size = Math.min(LANE_START, cap);
    this.#standing = standing;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get size(): number {
    return this.#size;
  }

  /** Slots that go to first attempts when retries are due too: a quarter, at least one. */
  get reservedForFirst(): number {
    return Math.max(1, Math.floor(this.#size / 4));
  }

  /** Learns from an attempt that took `durationMs`. */
  adjust(outcome: Outcome, durationMs: Millis): void {
    this.#standing = standingAfter(outcome, durationMs);
    if (!hasAnswered(outcome)) this.#size = 1;
    else if (this.#standing === STANDING.quick) this.#size = Math.min(this.#cap, this.#size * 2);
    else this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}
