import type { OutgoingRequest } from "../world.ts";

/**
 * What stands in a request beside its own headers: any answer will do, but not a compressed one, since what is kept of it
 * is shown to people as it came.
 */
const ACCEPT = "Accept: */*\r\n";
const ACCEPT_ENCODING = "Accept-Encoding: identity\r\n";

/** What no header value may hold (RFC 9110 §5.5), or what has no byte of its own. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** A whole request, to be written at once. As text where its UTF-8 is what belongs on the wire, which costs least. */
export interface WireRequest {
  readonly data: string | Uint8Array;
  readonly bytes: number;
}

/**
 * @param start the request line, and the headers that the URL gives
 * @returns null when a header cannot be sent
 */
export function wireRequest(
  start: string,
  { headers, body }: Pick<OutgoingRequest, "headers" | "body">,
): WireRequest | null {
  let own = "";
  let accept = ACCEPT;
  let acceptEncoding = ACCEPT_ENCODING;
  for (const [name, value] of headers) {
    if (UNSENDABLE.test(value)) return null;
    if (isSameName(name, "accept")) accept = "";
    else if (isSameName(name, "accept-encoding")) acceptEncoding = "";
    own += `${name}: ${value}\r\n`;
  }
  const bodyBytes = Buffer.byteLength(body);
  const head = `${start}${accept}${acceptEncoding}${own}Content-Length: ${bodyBytes}\r\n\r\n`;
  // Header values are bytes (RFC 9110 §5.5); only the body is UTF-8.
  const isAscii = Buffer.byteLength(head) === head.length;
  const data = isAscii ? head + body : Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
  return { data, bytes: head.length + bodyBytes };
}

/** The lengths tell almost all names apart, and this is asked for every header of every request. */
function isSameName(name: string, lowerCase: string): boolean {
  return name.length === lowerCase.length && name.toLowerCase() === lowerCase;
}
