import { RETRY_JITTER } from "../limits.ts";
import type { Millis } from "../world.ts";

/**
 * The wait between the end of attempt number `attempt` and the start of the next one, or null when the schedule is used
 * up. Jitter adds up to 10 % and never shortens a step ("Retry Intervals: 1s, 2s, 4s" are lower bounds).
 *
 * @param scheduleMs one retry a step
 * @param attempt 1-based number of the attempt that just failed
 * @param jitter uniform in [0, 1)
 */
export function waitBeforeRetry(scheduleMs: readonly Millis[], attempt: number, jitter: number): Millis | null {
  const stepMs = scheduleMs[attempt - 1];
  return stepMs === undefined ? null : stepMs + Math.floor(stepMs * RETRY_JITTER * jitter);
}

const SECONDS = /^\d{1,10}$/;
/** RFC 9110 §5.6.7: the preferred form of an HTTP date; the two obsolete forms are read too, as the RFC asks. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * RFC 9110 §10.2.3: `Retry-After` is a number of seconds or an HTTP date. Null for anything else; a date in the past is 0.
 */
export function parseRetryAfter(value: string, now: Millis): Millis | null {
  const text = value.trim();
  if (SECONDS.test(text)) return Number(text) * 1_000;
  if (!HTTP_DATE.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
