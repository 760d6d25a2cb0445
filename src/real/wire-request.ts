import type { OutgoingRequest } from "../world.ts";

/**
 * What stands in a request beside its own headers: any answer will do, but not a compressed one, since what is kept of it
 * is shown to people as it came.
 */
const ACCEPT = "Accept: */*\r\n";
const ACCEPT_ENCODING = "Accept-Encoding: identity\r\n";

/** Header values (RFC 9110 §5.5): those that are the same in every encoding, and those whose characters are bytes. */
const ASCII_VALUE = /^[\t\x20-\x7e]*$/;
const LATIN1_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A whole request, to be written at once. As text where its UTF-8 is what belongs on the wire, which costs least. */
export interface WireRequest {
  readonly data: string | Uint8Array;
  readonly bytes: number;
  /** Of the response's body; see `OutgoingRequest`. */
  readonly responseMaxBytes: number;
}

/**
 * @param start the request line, and the headers that the URL gives
 * @returns null when a header cannot be sent
 */
export function wireRequest(
  start: string,
  { headers, body, responseMaxBytes }: Pick<OutgoingRequest, "headers" | "body" | "responseMaxBytes">,
): WireRequest | null {
  let head = start;
  let isAscii = true;
  for (const [name, value] of headers) {
    if (!ASCII_VALUE.test(value)) {
      if (!LATIN1_VALUE.test(value)) return null;
      isAscii = false;
    }
    head += `${name}: ${value}\r\n`;
  }
  const bodyBytes = Buffer.byteLength(body);
  head += `${standing(headers)}Content-Length: ${bodyBytes}\r\n\r\n`;
  // Only the body is UTF-8.
  const data = isAscii ? head + body : Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
  return { data, bytes: head.length + bodyBytes, responseMaxBytes };
}

/** What the request does not set itself. */
function standing(headers: OutgoingRequest["headers"]): string {
  let text = ACCEPT + ACCEPT_ENCODING;
  for (const [name] of headers) {
    // The lengths tell almost all names apart, and this is asked for every header of every request.
    if (name.length === 6 && name.toLowerCase() === "accept") text = text.replace(ACCEPT, "");
    if (name.length === 15 && name.toLowerCase() === "accept-encoding") text = text.replace(ACCEPT_ENCODING, "");
  }
  return text;
}
