import { parseIp } from "../domain/ip.ts";
import { Problem } from "../domain/problem.ts";
import { WRONG_KEY_SOURCES_MAX, WRONG_KEYS_BURST, WRONG_KEYS_PER_SECOND, WRONG_KEYS_TOLD_MS } from "../limits.ts";
import type { Connection } from "./connection.ts";
import type { HttpParts } from "./parts.ts";
import { retryAfter, TokenBuckets } from "./token-buckets.ts";

/** What to tell of a problem: itself, or, where it is one wrong key too many from that address, a 429. */
export type WrongKeys = (problem: Problem, request: Request, connection?: Connection) => Problem;

/**
 * Slows down whoever tries keys. It looks only at what has been refused already: a request with a valid key is never held up,
 * so a stranger behind the same proxy takes nothing from anybody. No header is believed, since whoever tries keys writes it.
 */
export function createWrongKeys({ clock, reportSlowedDown }: WrongKeysParts): WrongKeys {
  const buckets = new TokenBuckets({
    burst: WRONG_KEYS_BURST,
    perSecond: WRONG_KEYS_PER_SECOND,
    maxBuckets: WRONG_KEY_SOURCES_MAX,
  });
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Whoever has many addresses cannot flood the log. */
  const tellNowAndThen = (address: string, now: number) => {
    if (now - toldAt < WRONG_KEYS_TOLD_MS) return;
    toldAt = now;
    reportSlowedDown(address);
  };
  return (problem, request, connection) => {
    if (problem.status !== 401 || UNCOUNTED.has(problem.code)) return problem;
    const now = clock.monotonic();
    const address = connection?.requestIP(request)?.address ?? UNKNOWN;
    const waitMs = buckets.take(sourceOf(address), now);
    if (waitMs === 0) return problem;
    tellNowAndThen(address, now);
    return tooMany(waitMs);
  };
}

export interface WrongKeysParts extends Pick<HttpParts, "reportSlowedDown"> {
  readonly clock: Pick<HttpParts["clock"], "monotonic">;
}

/** A session's token is never guessed, and a page whose session has ended has to learn that it must log in again. */
const UNCOUNTED: ReadonlySet<string> = new Set(["missing_key", "invalid_session"]);

/** The connection has closed meanwhile. */
const UNKNOWN = "unknown";

/** The same whichever key was sent: it does not tell whether that one ever was valid. */
function tooMany(waitMs: number): Problem {
  return new Problem("too_many_wrong_keys", "Too many wrong keys came from this address.", {
    headers: retryAfter(waitMs),
  });
}

/**
 * Who counts as one: an IPv4 address, also as IPv6 writes it (RFC 4291 §2.5.5.2), or the 2^64 IPv6 addresses of one network,
 * among which each of its hosts may choose.
 */
function sourceOf(address: string): string {
  const ip = parseIp(withoutZone(address));
  if (ip === null) return UNKNOWN;
  if (ip.width === 32) return String(ip.bits);
  return ip.bits >> 32n === 0xffffn ? String(ip.bits & 0xffff_ffffn) : `${ip.bits >> 64n}/64`;
}

/** `fe80::1%eth0` → `fe80::1` */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, "");
}
