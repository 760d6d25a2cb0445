import { putNewest } from "../domain/newest.ts";
import type { Millis } from "../world.ts";

export interface BucketSize {
  /** What a full bucket holds. */
  readonly burst: number;
  /** How fast it fills up again. */
  readonly perSecond: number;
  /** So many buckets are remembered. */
  readonly maxBuckets: number;
}

/**
 * A bucket of tokens for every key, each kept as one number: the time at which it is full again. When there are too many of
 * them, the one that gave a token longest ago is forgotten, and is a full one when it is asked for again.
 */
export class TokenBuckets {
  readonly #fullAt = new Map<string, number>();
  readonly #tokenMs: Millis;
  readonly #burstMs: Millis;
  readonly #maxBuckets: number;

  constructor({ burst, perSecond, maxBuckets }: BucketSize) {
    this.#tokenMs = 1_000 / perSecond;
    this.#burstMs = burst * this.#tokenMs;
    this.#maxBuckets = maxBuckets;
  }

  /**
   * Takes one token.
   *
   * @param now by a clock that never goes back
   * @returns 0, or, when the bucket is empty, how long it takes until there is one
   */
  take(key: string, now: number): Millis {
    const fullAt = Math.max(this.#fullAt.get(key) ?? now, now) + this.#tokenMs;
    const waitMs = fullAt - now - this.#burstMs;
    if (waitMs > ROUNDING_MS) return waitMs;
    putNewest(this.#fullAt, key, fullAt, this.#maxBuckets);
    return 0;
  }
}

/** Three thirds of a second are one, also in binary fractions. */
const ROUNDING_MS = 0.001;

/** The `Retry-After` of a refusal (RFC 9110 §10.2.3): whole seconds, and never none. */
export function retryAfter(waitMs: Millis): { readonly "Retry-After": string } {
  return { "Retry-After": String(Math.max(1, Math.ceil(waitMs / 1_000))) };
}
