import type { Outcome } from "../domain/attempt.ts";
import { LANE_START, QUICK_ANSWER_MS } from "../limits.ts";
import type { Millis } from "../world.ts";

/**
 * How many requests one webhook may have in flight. It starts at 2, or at its cap if that is less, doubles with each quick
 * answer up to its cap, halves with a slow one, and falls to 1 on a timeout or a failed connect, so that a hanging webhook
 * costs the others nothing.
 */
export class SendWindow {
  readonly #cap: number;
  #size: number;
  #isQuick: boolean;

  constructor(cap: number, isQuick = false) {
    this.#cap = cap;
    this.#size = Math.min(LANE_START, cap);
    this.#isQuick = isQuick;
  }

  /** Whether the last attempt gave its slot back soon; of a new webhook nobody knows. */
  get isQuick(): boolean {
    return this.#isQuick;
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
    this.#isQuick = durationMs <= QUICK_ANSWER_MS;
    if (outcome.kind === "timeout" || outcome.kind === "unreachable" || outcome.kind === "unresolved") this.#size = 1;
    else if (this.#isQuick) this.#size = Math.min(this.#cap, this.#size * 2);
    else this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}
