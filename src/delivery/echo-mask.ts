import type { Webhook } from "../domain/webhook.ts";
import { ECHO_MASKED_MIN_CHARACTERS } from "../limits.ts";
import type { Answer } from "../world.ts";

const MASK = "***";
/** What many answers say of themselves, too: `application/json`. */
const COMMONPLACE = /^(accept|content-|cache-control)/i;

/**
 * Hides the values of a webhook's own headers in what a receiver answers. Many receivers show the request again when something is
 * wrong with it, and what they show is kept, and logged, where the value itself is sealed.
 *
 * Exact values are hidden, what comes after their first word (`Bearer` and the token may come apart), and what `Basic` encodes;
 * each also as JSON and as a URL spell it. Short ones are nobody's secret.
 */
export class EchoMask {
  /** The same list comes with every delivery to a webhook, as long as the webhook stays as it is. */
  static readonly #known = new WeakMap<Webhook["headers"], EchoMask | null>();
  /** The longest first, so that none of them hides a part of another. Each byte a character. */
  readonly #values: readonly string[];

  private constructor(values: readonly string[]) {
    this.#values = values;
  }

  /** Null when there is nothing to hide, as for most webhooks. */
  static of(headers: Webhook["headers"]): EchoMask | null {
    if (headers.length === 0) return null;
    const known = EchoMask.#known.get(headers);
    if (known !== undefined) return known;
    const mask = EchoMask.#made(headers);
    EchoMask.#known.set(headers, mask);
    return mask;
  }

  static #made(headers: Webhook["headers"]): EchoMask | null {
    const secretive = headers.filter(([name]) => !COMMONPLACE.test(name));
    const texts = secretive.flatMap(([, value]) => [value, value.slice(value.indexOf(" ") + 1), ...basicOf(value)]);
    const long = texts.filter((text) => text.length >= ECHO_MASKED_MIN_CHARACTERS);
    const values = new Set(long.flatMap(spellingsOf).flatMap((text) => [text, utf8Of(text)]));
    return values.size === 0 ? null : new EchoMask([...values].sort((one, other) => other.length - one.length));
  }

  /** The head of an answer as it may be kept. */
  head({ status, statusText, headers }: Answer): Pick<Answer, "status" | "statusText" | "headers"> {
    return {
      status,
      statusText: this.#masked(statusText),
      headers: headers.map(([name, value]) => [name, this.#masked(value)]),
    };
  }

  /** A body as it may be kept, be it cut off within a value. */
  body(bytes: Uint8Array): Uint8Array {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const masked = this.#withoutBegun(this.#masked(text));
    return masked === text ? bytes : new Uint8Array(Buffer.from(masked, "latin1"));
  }

  #masked(text: string): string {
    return this.#values.reduce((masked, value) => masked.replaceAll(value, MASK), text);
  }

  /** What is kept of a body may end in the middle of a value. */
  #withoutBegun(text: string): string {
    for (const value of this.#values) {
      const at = beginningOf(value, text);
      if (at !== -1) return text.slice(0, at) + MASK;
    }
    return text;
  }
}

/** Where the end of a text begins that is the beginning of a value; -1 when there is none. */
function beginningOf(value: string, text: string): number {
  const first = value.slice(0, ECHO_MASKED_MIN_CHARACTERS);
  let at = text.indexOf(first, Math.max(0, text.length - value.length));
  while (at !== -1 && !value.startsWith(text.slice(at))) at = text.indexOf(first, at + 1);
  return at;
}

/** RFC 7617: `user:password`, and the password alone. */
function basicOf(value: string): string[] {
  const encoded = /^basic +(\S+)$/i.exec(value)?.[1];
  if (encoded === undefined) return [];
  const pair = Buffer.from(encoded, "base64").toString();
  return [pair, pair.slice(pair.indexOf(":") + 1)];
}

/** As it is, as JSON has it, with or without escaped slashes, and as a URL has it, in either case of its digits. */
function spellingsOf(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const url = encodeURIComponent(text.toWellFormed());
  return [text, json, json.replaceAll("/", "\\/"), url, url.replace(/%../g, (octet) => octet.toLowerCase())];
}

/** Each byte a character. */
function utf8Of(text: string): string {
  return Buffer.from(text).toString("latin1");
}
