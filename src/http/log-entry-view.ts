import type { Static } from "@sinclair/typebox";
import type { LogEntry } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import type { LogEntryView } from "./log-schemas.ts";

type View = Static<typeof LogEntryView>;

/** A delivery as the specification's logs show it (SmartCV: Log Response Example). */
export function logEntryView(entry: LogEntry): View {
  const { isTest, resendOf } = entry;
  return {
    id: entry.id,
    event_id: entry.eventId,
    event_type: entry.eventType,
    url: entry.url,
    status: entry.state,
    status_code: entry.statusCode,
    response_time: entry.responseTimeMs,
    attempts: entry.attempts,
    ...(entry.deliveredAt === null ? unfinished(entry) : { delivered_at: instantOf(entry.deliveredAt) }),
    ...(isTest && { test: true as const }),
    ...(resendOf !== null && { resend_of: resendOf }),
  };
}

function unfinished({ lastAttemptAt, nextRetryAt, error }: LogEntry) {
  return { last_attempt_at: instantOrNull(lastAttemptAt), next_retry_at: instantOrNull(nextRetryAt), error };
}

function instantOrNull(at: Millis | null): string | null {
  return at === null ? null : instantOf(at);
}

function instantOf(at: Millis): string {
  return new Date(at).toISOString();
}
