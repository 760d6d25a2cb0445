import { Cron } from "croner";
import type { Catalogue } from "./domain/event-types.ts";
import { type Cidr, parseCidr, parseIp } from "./domain/ip.ts";
import { parseSealingKey } from "./domain/sealing-key.ts";
import { Secret } from "./domain/secret.ts";
import { parseEventTypes } from "./event-types-file.ts";
import { SEALING_KEY_BYTES } from "./limits.ts";
import { invalid, type Parse, type Parsed, valid } from "./setting.ts";
import {
  ADMIN_KEY_MAX_CHARACTERS,
  ADMIN_KEY_MIN_CHARACTERS,
  API_VERSION_MAX_CHARACTERS,
  HEADER_PREFIX_MAX_CHARACTERS,
  RATE_LIMIT_MAX_PER_SECOND,
} from "./setting-limits.ts";

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** WHATWG URL: a host whose last label is a number is an IPv4 address, however it is written. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/;

function isName(text: string): boolean {
  return NAME.test(text) && !ENDS_IN_NUMBER.test(text);
}

/** Where to listen: IPv6 with or without brackets. */
export const listenAddress: Parse<string> = (text) => {
  const address = text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (parseIp(address) !== null || isName(address)) return valid(address);
  return invalid("an IP address or a host name, without scheme and port");
};

export const hostName: Parse<string> = (text) => {
  const name = text.toLowerCase().replace(/\.$/, "");
  return isName(name) ? valid(name) : invalid("a host name (addresses belong in POSTHORN_ALLOW_PRIVATE_CIDRS)");
};

export const cidr: Parse<Cidr> = (text) => {
  const range = parseCidr(text);
  return range === null ? invalid("an address range") : valid(range);
};

/** The scheme, host and port of a web page, in the form of an `Origin` header (RFC 6454 §6.1). */
export const origin: Parse<string> = (text) => {
  const url = webOrigin(text);
  return url === null ? invalid("an origin (scheme, host and port, no path)") : valid(url.origin);
};

export const publicUrl: Parse<URL | null> = (text) => {
  const url = webOrigin(text);
  return url === null ? invalid("an http or https URL of scheme, host and port, without a path") : valid(url);
};

function webOrigin(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBare = url !== null && url.href === `${url.origin}/` && !/[?#]/.test(text);
  return isBare && /^https?:$/.test(url.protocol) ? url : null;
}

export const dataDirectory: Parse<string> = (text) =>
  /\p{Cc}/u.test(text) ? invalid("a directory's path without control characters") : valid(text);

/** Shown in a header, so visible ASCII. */
export const adminKey: Parse<Secret | null> = (text) => {
  const length = `${ADMIN_KEY_MIN_CHARACTERS} to ${ADMIN_KEY_MAX_CHARACTERS}`;
  const isLegal =
    /^[\x21-\x7e]+$/.test(text) && text.length >= ADMIN_KEY_MIN_CHARACTERS && text.length <= ADMIN_KEY_MAX_CHARACTERS;
  return isLegal ? valid(new Secret(text)) : invalid(`${length} visible ASCII characters without spaces`);
};

/** Its text is always 64 lower-case hexadecimal characters, in whichever form it was given. */
export const sealingKey: Parse<Secret | null> = (text) => {
  const key = parseSealingKey(text);
  if (key !== null) return valid(new Secret(Buffer.from(key).toString("hex")));
  return invalid(`${SEALING_KEY_BYTES} bytes as base64 or hexadecimal; \`openssl rand -base64 32\` makes them`);
};

export const cronPattern: Parse<string> = (text) =>
  nextRun(text) === null ? invalid("a cron pattern that some day comes true") : valid(text);

function nextRun(pattern: string): Date | null {
  try {
    return new Cron(pattern, { paused: true }).nextRun(new Date(0));
  } catch {
    return null;
  }
}

/** RFC 9110 §5.1 tokens; not the family of headers that Standard Webhooks or proxies own. */
export const headerPrefix: Parse<string> = (text) => {
  const isLegal = /^[A-Za-z][A-Za-z0-9-]*-$/.test(text) && text.length <= HEADER_PREFIX_MAX_CHARACTERS;
  if (isLegal && !/^(webhook|proxy)-/i.test(text)) return valid(text);
  return invalid(
    `at most ${HEADER_PREFIX_MAX_CHARACTERS} letters, digits and hyphens, end in a hyphen, and not begin with Webhook- or Proxy-`,
  );
};

export const ratePerSecond: Parse<number | null> = (text) => {
  if (text === "none") return valid(null);
  const perSecond = Number(/^(\d{1,7})\/s$/.exec(text)?.[1]);
  const isWithin = perSecond >= 1 && perSecond <= RATE_LIMIT_MAX_PER_SECOND;
  return isWithin ? valid(perSecond) : invalid(`from 1/s to ${RATE_LIMIT_MAX_PER_SECOND}/s, or \`none\``);
};

export const apiVersion: Parse<string> = (text) =>
  /^[\x21-\x7e]+$/.test(text) && text.length <= API_VERSION_MAX_CHARACTERS
    ? valid(text)
    : invalid(`1 to ${API_VERSION_MAX_CHARACTERS} visible ASCII characters`);

/** `any`, the path of a JSON file, or that JSON itself (which is what `POSTHORN_EVENT_TYPES_FILE` amounts to). */
export const eventTypes: Parse<Catalogue> = (text, readFile): Parsed<Catalogue> => {
  if (text === "any") return valid("any");
  return parseEventTypes(text.startsWith("[") ? text : readFile(text));
};
