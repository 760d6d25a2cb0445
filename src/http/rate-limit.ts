import { Problem } from "../domain/problem.ts";
import { RATE_LIMITED_KEYS_MAX } from "../limits.ts";
import type { HttpParts } from "./parts.ts";
import { retryAfter, TokenBuckets } from "./token-buckets.ts";

export interface RateLimitParts {
  readonly clock: Pick<HttpParts["clock"], "monotonic">;
  readonly settings: Pick<HttpParts["settings"], "ratePerSecond">;
}

/**
 * Counts a request on its key; the requests of a session count on the key that opened it.
 *
 * @throws Problem 429 when the key sends more than POSTHORN_RATE_LIMIT allows; one second's worth may come at once
 */
export type RateLimit = (keyHash: string) => void;

export function createRateLimit({ clock, settings: { ratePerSecond } }: RateLimitParts): RateLimit {
  if (ratePerSecond === null) return () => {};
  const size = { burst: ratePerSecond, perSecond: ratePerSecond, maxBuckets: RATE_LIMITED_KEYS_MAX };
  const buckets = new TokenBuckets(size);
  return (keyHash) => {
    const waitMs = buckets.take(keyHash, clock.monotonic());
    if (waitMs > 0) throw rateLimited(ratePerSecond, waitMs);
  };
}

function rateLimited(perSecond: number, waitMs: number): Problem {
  const message = `The key sends more than ${perSecond} requests a second, which POSTHORN_RATE_LIMIT allows.`;
  return new Problem("rate_limited", message, { headers: retryAfter(waitMs) });
}
