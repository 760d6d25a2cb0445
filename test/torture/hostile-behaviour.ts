import type { BodyEnd } from "../../src/world.ts";
import type { RawConnection, RawScript } from "../support/raw-receiver.ts";
import type { ServerTls } from "../support/socket-server.ts";

/** One way in which a receiver can be bad, and what has to be seen of it. */
export interface Behaviour {
  readonly name: string;
  readonly script: RawScript;
  /** The receiver's; without it, bare TCP. */
  readonly tls?: ServerTls;
  /** Of the webhook's URL, when it is not what the receiver speaks. */
  readonly scheme?: "https";
  /** Of a first delivery, and of a second when the first is over; one for both, when they are alike. */
  readonly seen: Seen | readonly [Seen, Seen];
}

/** What the API tells of an attempt. */
export interface Seen {
  readonly code: string;
  readonly error: string | null;
  readonly status: number | null;
  /** How the body ended; null when there was no response. */
  readonly end: BodyEnd | null;
}

/** The deadline of every attempt at such a receiver. */
export const DEADLINE_MS = 1_000;
/** What no attempt may ever show: it was sent as an answer to nothing. */
export const FORGED = "forged";

export const TIMEOUT: Seen = failing("timeout", "Connection timeout: no response within 1 s");
export const RESET: Seen = failing(
  "connection_reset",
  "Connection reset: the receiver closed the connection before it answered",
);
export const MALFORMED: Seen = failing(
  "malformed_response",
  "Malformed response: the receiver's answer is not valid HTTP/1.1",
);
export const HEAD_TOO_LONG: Seen = failing(
  "head_too_long",
  "Response head too long: the receiver sent more headers, or more informational responses, than are read",
);

export function failing(code: string, error: string): Seen {
  return { code, error, status: null, end: null };
}

/** Delivered: whatever became of the body. */
export function delivered(end: BodyEnd, status = 200): Seen {
  return { code: "success", error: null, status, end };
}

/** Answered with a status that is no success. */
export function answered(status: number, reason: string, end: BodyEnd = "complete"): Seen {
  return { code: "status", error: `HTTP ${status} ${reason}`.trimEnd(), status, end };
}

/** Reads request after request, and does this with each. `mark` is the delivery's id: an answer that bears it is meant for no other. */
export function upon(misbehave: (connection: RawConnection, mark: string) => Promise<void> | void): RawScript {
  return async (connection) => {
    for (let request = await connection.request(); request !== null; request = await connection.request()) {
      await misbehave(connection, /^x-smartcv-delivery: (.*)\r$/im.exec(request)?.[1] ?? "");
    }
  };
}

/** Reads request after request, and writes this for each. */
export function saying(answer: (mark: string) => string): RawScript {
  return upon((connection, mark) => connection.write(answer(mark)));
}

/** A status line and a header that bears the mark; more headers, an empty line and a body are to follow. */
export function head(mark: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nX-Mark: ${mark}\r\n`;
}

/** A whole answer in good order. */
export function answer(mark: string, status = "200 OK"): string {
  return `${head(mark, status)}Content-Length: ${mark.length}\r\n\r\n${mark}`;
}
