import type { Database } from "bun:sqlite";
import type { Attempt, KeptResponse, SignedHeaders } from "../../domain/attempt.ts";
import { ATTEMPT_ROWS_MAX, UNCOUNTED_ATTEMPT_ROWS_MAX } from "../../limits.ts";
import type { DeliveryKey } from "../contract.ts";

type Code = Attempt["code"];

/** An attempt between the front and the database: flat, lists as JSON, the response's bytes one per character. */
export interface FlatAttempt {
  readonly number: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly url: string;
  readonly code: Code;
  readonly error: string | null;
  readonly statusCode: number | null;
  readonly signedAtSeconds: number | null;
  readonly signatureHex: string | null;
  readonly customHeaderNames: string | null;
  readonly responseHeaders: string | null;
  readonly responseBody: string | null;
  readonly responseBodyEnd: KeptResponse["bodyEnd"] | null;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
}

/** A text is cloned between threads several times faster than bytes, and without the buffer that they may be a small part of. */
export function flatten(attempt: Attempt): FlatAttempt {
  const { number, startedAt, durationMs, url, code, error, statusCode, signed, response, timings } = attempt;
  const { dnsMs, connectMs, tlsMs, firstByteMs } = timings;
  return {
    number,
    startedAt,
    durationMs,
    url,
    code,
    error,
    statusCode,
    signedAtSeconds: signed?.timestampSeconds ?? null,
    signatureHex: signed?.signatureHex ?? null,
    customHeaderNames: signed === null ? null : JSON.stringify(signed.customHeaderNames),
    responseHeaders: response === null ? null : JSON.stringify(response.headers),
    responseBody: response === null ? null : textOf(response.body),
    responseBodyEnd: response?.bodyEnd ?? null,
    dnsMs,
    connectMs,
    tlsMs,
    firstByteMs,
  };
}

export function unflatten(flat: FlatAttempt): Attempt {
  const { number, startedAt, durationMs, url, code, error, statusCode, dnsMs, connectMs, tlsMs, firstByteMs } = flat;
  return {
    ...{ number, startedAt, durationMs, url, code, error, statusCode },
    signed: signedOf(flat),
    response: responseOf(flat),
    timings: { dnsMs, connectMs, tlsMs, firstByteMs },
  };
}

function signedOf({ signedAtSeconds, signatureHex, customHeaderNames }: FlatAttempt): SignedHeaders | null {
  if (signedAtSeconds === null || signatureHex === null || customHeaderNames === null) return null;
  return { timestampSeconds: signedAtSeconds, signatureHex, customHeaderNames: JSON.parse(customHeaderNames) };
}

function responseOf({ responseHeaders, responseBody, responseBodyEnd }: FlatAttempt): KeptResponse | null {
  if (responseHeaders === null || responseBody === null || responseBodyEnd === null) return null;
  return { headers: JSON.parse(responseHeaders), body: bytesOf(responseBody), bodyEnd: responseBodyEnd };
}

/**
 * A condition on the keys of attempts: those of the delivery whose key the SQL expression gives.
 * An attempt's key is made of the delivery's and its place among the delivery's attempts.
 */
export function isOf(delivery: string): string {
  return `seq BETWEEN ${delivery} * ${ATTEMPT_ROWS_MAX} AND ${delivery} * ${ATTEMPT_ROWS_MAX} + ${ATTEMPT_ROWS_MAX - 1}`;
}

/** The table of attempts: rows are added and, with their delivery, removed; never changed. */
export class AttemptTable {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#sql = prepare(db);
  }

  /**
   * Those that do not count (a process can be stopped ever so often) are kept as long as they leave room for those that do.
   *
   * @param delivery one that there is
   * @param counted the delivery's state took it in
   */
  insert(delivery: DeliveryKey, attempt: FlatAttempt, counted: boolean): void {
    if (this.#put(delivery, attempt.number, attempt, counted)) return;
    const place = (this.#sql.lastPlace.get(delivery)?.place ?? 0) + 1;
    if (counted || place < UNCOUNTED_ATTEMPT_ROWS_MAX) this.#put(delivery, place, attempt, counted);
  }

  /** Its number is its place, unless one that did not count has taken that. */
  #put(delivery: DeliveryKey, place: number, attempt: FlatAttempt, counted: boolean): boolean {
    const { signatureHex, responseBody } = attempt;
    const { changes } = this.#sql.insert.run(
      delivery * ATTEMPT_ROWS_MAX + Math.min(place, ATTEMPT_ROWS_MAX - 1),
      attempt.number,
      counted,
      attempt.startedAt,
      attempt.durationMs,
      attempt.url,
      attempt.code,
      attempt.error,
      attempt.statusCode,
      attempt.signedAtSeconds,
      signatureHex === null ? null : Buffer.from(signatureHex, "hex"),
      attempt.customHeaderNames,
      attempt.responseHeaders,
      responseBody === null ? null : bytesOf(responseBody),
      attempt.responseBodyEnd,
      attempt.dnsMs,
      attempt.connectMs,
      attempt.tlsMs,
      attempt.firstByteMs,
    );
    return changes > 0;
  }

  /** Oldest first, those included that do not count. */
  of(delivery: DeliveryKey): readonly FlatAttempt[] {
    return this.#sql.ofDelivery.all(delivery).map(({ signature, responseBody, ...columns }) => ({
      ...columns,
      signatureHex: signature === null ? null : Buffer.from(signature).toString("hex"),
      responseBody: responseBody === null ? null : textOf(responseBody),
    }));
  }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return "";
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

type Columns = Omit<FlatAttempt, "signatureHex" | "responseBody"> & {
  readonly signature: Uint8Array | null;
  readonly responseBody: Uint8Array | null;
};
type Bindings = (string | number | boolean | Uint8Array | null)[];

function prepare(db: Database) {
  return {
    insert: db.query<never, Bindings>(`
      INSERT INTO attempts (seq, number, counted, started_at, duration_ms, url, code, error, status_code,
        signed_at_seconds, signature, custom_header_names, response_headers, response_body, response_body_end,
        dns_ms, connect_ms, tls_ms, first_byte_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING`),
    lastPlace: db.query<{ place: number | null }, [DeliveryKey]>(
      `SELECT max(seq) % ${ATTEMPT_ROWS_MAX} AS place FROM attempts WHERE ${isOf("?1")}`,
    ),
    ofDelivery: db.query<Columns, [DeliveryKey]>(`
      SELECT number, started_at AS startedAt, duration_ms AS durationMs, url, code, error, status_code AS statusCode,
        signed_at_seconds AS signedAtSeconds, signature, custom_header_names AS customHeaderNames,
        response_headers AS responseHeaders, response_body AS responseBody, response_body_end AS responseBodyEnd,
        dns_ms AS dnsMs, connect_ms AS connectMs, tls_ms AS tlsMs, first_byte_ms AS firstByteMs
      FROM attempts WHERE ${isOf("?1")} ORDER BY seq`),
  };
}
