import type { Static } from "@sinclair/typebox";
import type { Attempt, KeptResponse, SignedHeaders } from "../domain/attempt.ts";
import { maskSecret } from "../domain/webhook.ts";
import type { LogEntry } from "../store/contract.ts";
import type { AttemptView } from "./log-schemas.ts";
import type { HttpSettings } from "./parts.ts";

type View = Static<typeof AttemptView>;
type Headers = readonly (readonly [name: string, value: string])[];

/** One attempt, its request's headers built again from what was kept of them. */
export function attemptView(
  attempt: Attempt,
  entry: LogEntry,
  settings: Pick<HttpSettings, "headerPrefix" | "version">,
): View {
  const { signed, response, timings } = attempt;
  return {
    number: attempt.number,
    started_at: new Date(attempt.startedAt).toISOString(),
    duration: attempt.durationMs,
    url: attempt.url,
    code: attempt.code,
    error: attempt.error,
    request: signed === null ? null : { headers: named(requestHeaders(signed, attempt, entry, settings)) },
    response: response === null ? null : responseView(response, attempt.statusCode),
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
  { id, eventType }: LogEntry,
  { headerPrefix: prefix, version }: Pick<HttpSettings, "headerPrefix" | "version">,
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
  { headers, body, bodyEnd }: KeptResponse,
  statusCode: number | null,
): NonNullable<View["response"]> {
  return {
    status_code: statusCode,
    headers: named(headers),
    body: new TextDecoder().decode(body),
    body_end: bodyEnd,
  };
}

function named(headers: Headers) {
  return headers.map(([name, value]) => ({ name, value }));
}
