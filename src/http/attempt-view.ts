import type { Static } from "@sinclair/typebox";
import type { Attempt, KeptResponse, SignedHeaders } from "../domain/attempt.ts";
import { maskSecret } from "../domain/webhook.ts";
import { SHOWN_BODIES_MAX_BYTES } from "../limits.ts";
import type { LogDetail, LogEntry } from "../store/contract.ts";
import type { AttemptView } from "./log-schemas.ts";
import type { HttpSettings } from "./parts.ts";
import { shownBody } from "./shown-body.ts";

type View = Static<typeof AttemptView>;
type Headers = readonly (readonly [name: string, value: string])[];

interface Surroundings {
  readonly entry: LogEntry;
  readonly settings: Pick<HttpSettings, "headerPrefix" | "version">;
  /** Of the response's body, as JSON. */
  readonly bodyMaxBytes: number;
}

/** Every attempt of a delivery. What one answer shows of their bodies is for all of them alike. */
export function historyView({ attempts, entry }: LogDetail, settings: Surroundings["settings"]): readonly View[] {
  const surroundings = { entry, settings, bodyMaxBytes: Math.floor(SHOWN_BODIES_MAX_BYTES / attempts.length) };
  return attempts.map((attempt) => attemptView(attempt, surroundings));
}

/** One attempt, its request's headers built again from what was kept of them. */
function attemptView(attempt: Attempt, surroundings: Surroundings): View {
  const { signed, response, timings } = attempt;
  return {
    number: attempt.number,
    started_at: new Date(attempt.startedAt).toISOString(),
    duration: attempt.durationMs,
    url: attempt.url,
    code: attempt.code,
    error: attempt.error,
    request: signed === null ? null : { headers: named(requestHeaders(signed, attempt, surroundings)) },
    response: response === null ? null : responseView(response, attempt.statusCode, surroundings.bodyMaxBytes),
    timings: {
      dns: timings.dnsMs,
      connect: timings.connectMs,
      tls: timings.tlsMs,
      first_byte: timings.firstByteMs,
    },
  };
}

function requestHeaders(
  signed: SignedHeaders,
  { number }: Attempt,
  { entry: { id, eventType }, settings: { headerPrefix: prefix, version } }: Surroundings,
): Headers {
  return [
    ["Content-Type", "application/json"],
    ["User-Agent", `Posthorn/${version}`],
    [`${prefix}Signature`, `sha256=${signed.signatureHex}`],
    [`${prefix}Timestamp`, String(signed.timestampSeconds)],
    [`${prefix}Event`, eventType],
    [`${prefix}Delivery`, id],
    [`${prefix}Attempt`, String(number)],
    // Their values are sealed and were not kept with the attempt.
    ...signed.customHeaderNames.map((name) => [name, maskSecret("")] as const),
  ];
}

function responseView(
  response: KeptResponse,
  statusCode: number | null,
  bodyMaxBytes: number,
): NonNullable<View["response"]> {
  const { text, isWhole } = shownBody(response.body, bodyMaxBytes);
  return {
    status_code: statusCode,
    headers: named(response.headers),
    body: text,
    body_end: isWhole ? response.bodyEnd : "cut",
  };
}

function named(headers: Headers) {
  return headers.map(([name, value]) => ({ name, value }));
}
