import type { Exchange, SendFailure } from "../world.ts";
import { DialFailure } from "./tls-dial.ts";

export interface FailureCircumstances {
  /** Bytes of the request may have left. */
  readonly writing: boolean;
  readonly closedByReceiver: boolean;
}

/** What an error of undici, or of our own dialling, means for the exchange. */
export function undiciFailure(error: Error, { writing, closedByReceiver }: FailureCircumstances): Exchange {
  if (error instanceof DialFailure) return { ok: false, failure: error.failure, nothingWritten: true };
  if (!writing) return { ok: false, failure: "connect_failed", nothingWritten: true };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { ok: false, failure: failureByCode(code, closedByReceiver), nothingWritten: false };
}

const MALFORMED: ReadonlySet<string> = new Set([
  "HTTPParserError",
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  // What undici makes of a status that HTTP does not have.
  "ERR_ASSERTION",
]);

function failureByCode(code: string, closedByReceiver: boolean): SendFailure {
  if (MALFORMED.has(code)) return "malformed_response";
  // undici's code for a connection that has ended, but also for one that it ends itself: over a 100 or 101 not asked for.
  if (code === "UND_ERR_SOCKET" && !closedByReceiver) return "malformed_response";
  return "connection_reset";
}
