import { CUSTOM_HEADERS_MAX, CUSTOM_HEADERS_MAX_BYTES } from "../limits.ts";

export interface CustomHeaderProblem {
  /** As given; null when it is about all of them together. */
  readonly name: string | null;
  /** A sentence for the webhook's owner. Never shows a value: it may be a secret. */
  readonly message: string;
}

type Header = readonly [name: string, value: string];

/**
 * The first reason why these headers cannot be sent along with a webhook's requests, or null.
 *
 * @param headers in any order, names as given
 * @param headerPrefix of the product's own headers, `X-SmartCV-` unless configured
 */
export function customHeaderProblem(headers: readonly Header[], headerPrefix: string): CustomHeaderProblem | null {
  if (headers.length > CUSTOM_HEADERS_MAX) {
    return { name: null, message: `At most ${CUSTOM_HEADERS_MAX} headers are possible, not ${headers.length}.` };
  }
  for (const [index, [name, value]] of headers.entries()) {
    const earlier = headers.slice(0, index);
    const message = nameProblem(name, headerPrefix) ?? repetitionProblem(name, earlier) ?? valueProblem(value);
    if (message !== null) return { name, message };
  }
  return sizeProblem(headers);
}

/** Those whose names are not reserved: another `headerPrefix` than when they were saved may reserve more of them. */
export function withoutReserved(headers: readonly Header[], headerPrefix: string): readonly Header[] {
  if (headers.length === 0) return headers;
  const ownPrefix = headerPrefix.toLowerCase();
  return headers.filter(([name]) => !isReserved(name.toLowerCase(), ownPrefix));
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function nameProblem(name: string, headerPrefix: string): string | null {
  if (!TOKEN.test(name)) return "A header's name consists of ASCII letters, digits and !#$%&'*+-.^_`|~ only.";
  return isReserved(name.toLowerCase(), headerPrefix.toLowerCase())
    ? "This header is reserved: it is set for every request, or the connection needs it."
    : null;
}

const RESERVED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);
const RESERVED_PREFIXES = ["proxy-", "webhook-"];

function isReserved(name: string, ownPrefix: string): boolean {
  return RESERVED.has(name) || [...RESERVED_PREFIXES, ownPrefix].some((prefix) => name.startsWith(prefix));
}

function repetitionProblem(name: string, earlier: readonly Header[]): string | null {
  const isRepeated = earlier.some(([other]) => other.toLowerCase() === name.toLowerCase());
  return isRepeated ? "This header is given twice; upper and lower case make no difference." : null;
}

/** Latin-1 without its control characters, and without the outer spaces that HTTP would drop (RFC 9110 §5.5). */
const VALUE = /^(?! )[\x20-\x7e\xa0-\xff]*$/;

function valueProblem(value: string): string | null {
  return VALUE.test(value) && !value.endsWith(" ")
    ? null
    : "A header's value consists of Latin-1 characters, without control characters, and without spaces around it.";
}

/** A token and a Latin-1 value are as many bytes as characters. */
function sizeProblem(headers: readonly Header[]): CustomHeaderProblem | null {
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes <= CUSTOM_HEADERS_MAX_BYTES) return null;
  return {
    name: null,
    message: `Names and values may be ${CUSTOM_HEADERS_MAX_BYTES} bytes in all, these are ${bytes}.`,
  };
}
