import type { Answer, BodyEnd, Millis, ReceiverFailure } from "../world.ts";
import type { AddressVerdict } from "./address.ts";
import { parseRetryAfter } from "./retry.ts";

/**
 * How an attempt ended. `code` of the API's attempt entry is `kind`, and for `unreachable` its `failure`.
 *
 * - `success`: 200, 201, 202 or 204, and no other (SmartCV: Success Criteria)
 * - `status`: any other complete response head
 * - `timeout`: no complete head within the attempt's deadline
 * - `unreachable`: the exchange broke before the head was complete
 * - `unresolved`: the name has no address now
 * - `blocked`: the guard refused the URL or one of its addresses
 */
export type Outcome =
  | { readonly kind: "success"; readonly status: number }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly statusText: string;
      readonly retryAfterMs: Millis | null;
    }
  | { readonly kind: "timeout"; readonly afterMs: Millis }
  | { readonly kind: "unreachable"; readonly failure: ReceiverFailure }
  | { readonly kind: "unresolved" }
  | { readonly kind: "blocked"; readonly rule: BlockRule };

/** The rule that refused a URL or an address; stable, named in errors. */
export type BlockRule = Exclude<AddressVerdict, "public"> | UrlRule;
export type UrlRule =
  | "characters"
  | "malformed"
  | "scheme"
  | "userinfo"
  | "port"
  | "hostname"
  | "single_label"
  | "reserved_name"
  | "own_address";

/** One HTTP request of a delivery, as it is kept. Append-only. */
export interface Attempt {
  /** 1-based; an interrupted attempt does not count, so its number comes again. */
  readonly number: number;
  readonly startedAt: Millis;
  readonly durationMs: Millis;
  readonly url: string;
  /** `interrupted`: aborted at shutdown; does not count. */
  readonly code: Outcome["kind"] | ReceiverFailure | "interrupted";
  /** A sentence for people; null exactly after a success. */
  readonly error: string | null;
  readonly statusCode: number | null;
  /** What cannot be rebuilt of the request: null when nothing was signed because the guard refused first. */
  readonly signed: SignedHeaders | null;
  readonly response: KeptResponse | null;
  readonly timings: Timings;
}

export interface SignedHeaders {
  /** Unix seconds, as in the timestamp header. */
  readonly timestampSeconds: number;
  /** 64 hexadecimal characters, without the `sha256=`. */
  readonly signatureHex: string;
  readonly customHeaderNames: readonly string[];
}

export interface KeptResponse {
  /** At most 2 KB, whole headers only. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly bodyEnd: BodyEnd;
}

/** Milliseconds; null where the client cannot tell or it was not reached. */
export interface Timings {
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
}

const SUCCESS_STATUSES: ReadonlySet<number> = new Set([200, 201, 202, 204]);
const RETRY_AFTER_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** Whether a status is one of the specification's four successes. */
export function isSuccess(status: number): boolean {
  return SUCCESS_STATUSES.has(status);
}

/** What a complete response head says about its attempt. */
export function classify(head: Pick<Answer, "status" | "statusText" | "headers">, now: Millis): Outcome {
  if (isSuccess(head.status)) return { kind: "success", status: head.status };
  const retryAfter = RETRY_AFTER_STATUSES.has(head.status)
    ? head.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1]
    : undefined;
  return {
    kind: "status",
    status: head.status,
    statusText: head.statusText,
    retryAfterMs: retryAfter === undefined ? null : parseRetryAfter(retryAfter, now),
  };
}

const UNREACHABLE: Readonly<Record<ReceiverFailure, string>> = {
  connect_refused: "Connection refused: nothing listens at the receiver's address",
  connect_timeout: "Connection timeout: the receiver's address did not answer",
  connect_failed: "Connection failed: the receiver's address cannot be reached",
  tls_failed: "TLS failed: the receiver did not complete the handshake",
  certificate_untrusted: "Certificate not trusted: nobody known has signed the receiver's certificate",
  certificate_expired: "Certificate not valid now: the receiver's certificate has expired, or is not valid yet",
  certificate_mismatch:
    "Certificate for another name: the receiver's certificate does not bear the host name of the URL",
  connection_reset: "Connection reset: the receiver closed the connection before it answered",
  malformed_response: "Malformed response: the receiver's answer is not valid HTTP/1.1",
  head_too_long:
    "Response head too long: the receiver sent more headers, or more informational responses, than are read",
};

/** The sentence that the logs show for an outcome; null for a success. Never names a resolved address. */
export function describe(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case "success":
      return null;
    case "status":
      return (
        `HTTP ${outcome.status} ${printable(outcome.statusText)}`.trimEnd() +
        (isRedirect(outcome.status) ? NOT_FOLLOWED : "")
      );
    case "timeout":
      return `Connection timeout: no response within ${outcome.afterMs / 1_000} s`;
    case "unreachable":
      return UNREACHABLE[outcome.failure];
    case "unresolved":
      return "Name not resolved: the host name has no address now";
    case "blocked":
      return `URL blocked: ${outcome.rule} (see "Sending safely" in the README)`;
  }
}

const NOT_FOLLOWED = " (redirects are not followed)";

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** A reason phrase is a stranger's text: only visible ASCII of it is shown, and not much. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "").slice(0, 100);
}
