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
 * Exact values are hidden, and the words of them: `Bearer` and the token may come apart. Short ones are nobody's secret.
 */
export class EchoMask {
  /** The longest first, so that none of them hides a part of another. Each byte a character. */
  readonly #values: readonly string[];

  private constructor(values: readonly string[]) {
    this.#values = values;
  }

  /** Null when there is nothing to hide, as for most webhooks. */
  static of(headers: Webhook["headers"]): EchoMask | null {
    if (headers.length === 0) return null;
    const secretive = headers.filter(([name]) => !COMMONPLACE.test(name));
    const texts = secretive.flatMap(([, value]) => [value, ...value.split(/[\s,;=]+/)]);
    const long = texts.filter((text) => text.length >= ECHO_MASKED_MIN_CHARACTERS);
    const values = new Set(long.flatMap((text) => [text, jsonOf(text)]).flatMap((text) => [text, utf8Of(text)]));
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
      for (let length = value.length - 1; length >= ECHO_MASKED_MIN_CHARACTERS; length--) {
        if (text.endsWith(value.slice(0, length))) return text.slice(0, -length) + MASK;
      }
    }
    return text;
  }
}

function jsonOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Each byte a character. */
function utf8Of(text: string): string {
  return Buffer.from(text).toString("latin1");
}
