import { RETRY_JITTER } from "../limits.ts";
import type { Millis } from "../world.ts";
import { parseHttpDate } from "./http-date.ts";

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

const SECONDS = /^\d+$/;

/**
 * RFC 9110 §10.2.3: `Retry-After` is a number of seconds or an HTTP date. Null for anything else; a date in the past is 0.
 * A wait beyond all reason is still a wait, and not ignored.
 *
 * @param now wall time: what the receiver's date is compared with
 */
export function parseRetryAfter(value: string, now: Millis): Millis | null {
  const text = value.trim();
  if (SECONDS.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
  const at = parseHttpDate(text, now);
  return at === null ? null : Math.max(0, at - now);
}
