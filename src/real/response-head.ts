import { RESPONSE_HEADERS_MAX } from "../limits.ts";
import { type BodyFraming, ResponseFraming } from "./response-framing.ts";

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** In the order, and with the names, in which they came; each byte of a value a character. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly framing: BodyFraming;
  /** Whether another request may follow on the connection. */
  readonly isPersistent: boolean;
}

/** Why there is no response, as a `SendFailure`. */
export type HeadFault = "malformed_response" | "head_too_long";

const TOKEN = 1;
const FIELD = 2;
const HTAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const STATUS_LINE_MIN_CHARACTERS = "HTTP/1.1 200".length;
/** What each byte may be part of: a header's name (RFC 9110 §5.6.2), or a header's value or reason phrase (§5.5). */
const KINDS = byteKinds();

/**
 * Parses the head of a response (RFC 9112 §4, §5), strictly: every line ends in CR LF, no line is folded, no space stands
 * before a colon, no control character is in a value.
 *
 * @param text each byte a character
 * @param end where the empty line's CR LF begins, so just behind the last header's
 * @returns the fault, when it is no response
 */
export function parseHead(text: string, end: number): ResponseHead | HeadFault {
  const lineEnd = endOfField(text, STATUS_LINE_MIN_CHARACTERS);
  const status = parseStatus(text);
  if (status === null || lineEnd === null) return "malformed_response";
  const headers: (readonly [string, string])[] = [];
  const framing = new ResponseFraming(text.charCodeAt(7) > 0x30);
  for (let at = lineEnd + 2; at < end; ) {
    const colon = endOfName(text, at);
    const valueEnd = colon === null ? null : endOfField(text, colon + 1);
    if (colon === null || valueEnd === null) return "malformed_response";
    if (headers.length === RESPONSE_HEADERS_MAX) return "head_too_long";
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, valueEnd);
    framing.learn(name, value);
    headers.push([name, value]);
    at = valueEnd + 2;
  }
  const body = framing.decide(status);
  if (body === null) return "malformed_response";
  const statusText = text.slice(STATUS_LINE_MIN_CHARACTERS + 1, lineEnd);
  return { status, statusText, headers, framing: body, isPersistent: framing.isPersistent };
}

/** `HTTP/1.x`, a space, three digits, and then another space or the end of the line. */
function parseStatus(text: string): number | null {
  const minor = digit(text, 7);
  const hundreds = digit(text, 9);
  const tens = digit(text, 10);
  const ones = digit(text, 11);
  const after = text.charCodeAt(STATUS_LINE_MIN_CHARACTERS);
  const isFormed = text.startsWith("HTTP/1.") && text.charCodeAt(8) === SPACE && (after === SPACE || after === CR);
  if (!isFormed || minor < 0 || hundreds < 1 || tens < 0 || ones < 0) return null;
  return hundreds * 100 + tens * 10 + ones;
}

/** -1 where there is none. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : -1;
}

/** Where the colon behind a name stands. */
function endOfName(text: string, from: number): number | null {
  let at = from;
  while (((KINDS[text.charCodeAt(at)] ?? 0) & TOKEN) !== 0) at++;
  return at > from && text.charCodeAt(at) === COLON ? at : null;
}

/** Where the CR LF behind a value stands. */
function endOfField(text: string, from: number): number | null {
  let at = from;
  while (((KINDS[text.charCodeAt(at)] ?? 0) & FIELD) !== 0) at++;
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? at : null;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === HTAB;
}

function byteKinds(): Uint8Array {
  const kinds = new Uint8Array(0x100);
  for (let byte = 0; byte < 0x100; byte++) {
    const isField = byte === HTAB || (byte >= SPACE && byte !== 0x7f);
    const isToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
    kinds[byte] = (isField ? FIELD : 0) | (isToken ? TOKEN : 0);
  }
  return kinds;
}
