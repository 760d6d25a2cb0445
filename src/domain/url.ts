import { HOST_NAME_MAX_CHARACTERS, LABEL_MAX_CHARACTERS, URL_MAX_CHARACTERS } from "../limits.ts";
import type { NetworkPolicy } from "./address.ts";
import type { BlockRule, UrlRule } from "./attempt.ts";
import { parseIp } from "./ip.ts";

/** What is said of a webhook's URL when it is saved. Nothing in it tells a resolved address. */
export type UrlVerdict = { readonly ok: true } | Blocked | Unresolved;

export interface Blocked {
  readonly ok: false;
  readonly kind: "blocked";
  readonly rule: BlockRule;
  /** What together would allow it, each to be added to its setting; none when nothing allows it. */
  readonly openings: readonly Opening[];
}

export interface Opening {
  readonly setting: "POSTHORN_ALLOW_HOSTS" | "POSTHORN_ALLOW_PRIVATE_CIDRS";
  /** With commas, as the setting takes them; null where they would tell what a name resolves to. */
  readonly entries: string | null;
}

/** The name has no address now. When saving that is no fault: the receiver may come later. */
export interface Unresolved {
  readonly ok: false;
  readonly kind: "unresolved";
  /** False: nobody could be asked, because this process may open no more files. */
  readonly isAsked: boolean;
}

export type JudgedUrl = { readonly ok: true; readonly url: URL; readonly host: Host } | Blocked;

/** Where a URL points: a literal address (IPv6 without brackets), or a lower-case name without its trailing dot. */
export type Host =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "name"; readonly name: string };

/**
 * Judges all of a URL but the addresses behind it: its text, scheme, port and host name.
 *
 * @param raw as the webhook's owner wrote it
 */
export function judgeUrl(raw: string, policy: Pick<NetworkPolicy, "allowHosts" | "ownTargets">): JudgedUrl {
  if (!isPlainText(raw)) return blocked("characters");
  if (raw.length > URL_MAX_CHARACTERS) return blocked("malformed");
  const url = URL.parse(raw);
  if (url === null) return blocked(isPortAlone(raw) ? "port" : "malformed");
  const host = hostOf(url);
  const rule = ruleAgainstParts(url, raw) ?? (host.kind === "name" ? ruleAgainstName(host.name, url, policy) : null);
  return rule === null ? { ok: true, url, host } : blocked(rule, host);
}

/** The port that a URL stands for, also when it names none. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function blocked(rule: UrlRule, host?: Host): Blocked {
  const allowable = host?.kind === "name" && (rule === "single_label" || rule === "reserved_name");
  return { ok: false, kind: "blocked", rule, openings: allowable ? openingsOf(host.name) : [] };
}

/** Such a name alone never suffices: what it resolves to is not public either. */
function openingsOf(name: string): readonly Opening[] {
  return [
    { setting: "POSTHORN_ALLOW_HOSTS", entries: name },
    { setting: "POSTHORN_ALLOW_PRIVATE_CIDRS", entries: LOOPBACK_NAME.test(name) ? LOOPBACK_RANGES : null },
  ];
}

/** RFC 6761 §6.3. */
const LOOPBACK_NAME = /(^|\.)localhost$/;
const LOOPBACK_RANGES = "127.0.0.0/8,::1/128";

const PORT = /^([a-z]+:\/\/[^/?#]*):\d+/i;

/** Whether a text that is no URL would be one with another port: its own is above 65535. */
function isPortAlone(raw: string): boolean {
  return PORT.test(raw) && URL.canParse(raw.replace(PORT, "$1"));
}

/** What the parser would drop or turn round (C0 and C1 controls, any space, a backslash) is never what an owner meant. */
const ODD_CHARACTERS = /[\p{Cc}\p{Z}\\]/u;

function isPlainText(raw: string): boolean {
  return !ODD_CHARACTERS.test(raw) && raw.isWellFormed();
}

/** An `@` in the authority, even with nothing before it: the parser forgets an empty user name. */
const USERINFO = /^[a-z]+:\/*[^/?#]*@/i;

function ruleAgainstParts(url: URL, raw: string): UrlRule | null {
  if (url.protocol !== "https:" && url.protocol !== "http:") return "scheme";
  if (USERINFO.test(raw)) return "userinfo";
  return url.port !== "" && BAD_PORTS.has(Number(url.port)) ? "port" : null;
}

function hostOf(url: URL): Host {
  const { hostname } = url;
  if (hostname.startsWith("[")) return { kind: "address", address: hostname.slice(1, -1) };
  // The parser has already read every spelling of an IPv4 address (octal, one number, full-width) as four octets.
  if (parseIp(hostname) !== null) return { kind: "address", address: hostname };
  return { kind: "name", name: withoutTrailingDot(hostname) };
}

function ruleAgainstName(name: string, url: URL, policy: Parameters<typeof judgeUrl>[1]): UrlRule | null {
  const port = portOf(url);
  const isOwn = policy.ownTargets.some((own) => own.port === port && isSameName(own.host, name));
  if (isOwn) return "own_address";
  const rule = ruleAgainstLabels(name);
  return rule !== null && policy.allowHosts.some((host) => isSameName(host, name)) ? null : rule;
}

function isSameName(configured: string, name: string): boolean {
  return withoutTrailingDot(configured.toLowerCase()) === name;
}

function withoutTrailingDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** RFC 1123 §2.1, and the underscore, which names in use have. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

function ruleAgainstLabels(name: string): UrlRule | null {
  const labels = name.split(".");
  const isLegal = (label: string) => label.length <= LABEL_MAX_CHARACTERS && LABEL.test(label);
  if (name.length > HOST_NAME_MAX_CHARACTERS || !labels.every(isLegal)) return "hostname";
  if (labels.length < 2) return name === "localhost" ? "reserved_name" : "single_label";
  return RESERVED_NAMES.some((reserved) => name.endsWith(`.${reserved}`)) ? "reserved_name" : null;
}

/** Names that never lead to a public receiver: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and what networks made up. */
const RESERVED_NAMES = ["localhost", "local", "localdomain", "internal", "arpa", "corp", "home", "mail", "lan", "svc"];

/** Fetch standard, "bad port": other protocols listen there, and an HTTP request can be made to speak them. */
const BAD_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** One sentence for a person about a rule that refused a URL; it never names an address. */
export function explainRule(rule: BlockRule): string {
  return EXPLANATIONS[rule];
}

const EXPLANATIONS: Readonly<Record<BlockRule, string>> = {
  characters: "The URL contains a space, a control character or a backslash.",
  malformed: `The URL cannot be read: it must be absolute, like https://example.com/hook, and have at most ${URL_MAX_CHARACTERS} characters.`,
  scheme: "The URL must start with http:// or https://.",
  userinfo: "The URL must not contain a user name or a password: send credentials in a header.",
  port: "The port is not one for HTTP: it must be from 1 to 65535, and not one that belongs to another protocol.",
  hostname: "The host name is not a legal one.",
  single_label: "The host name has no dot, so it means something only inside a private network.",
  reserved_name: "The host name ends in one that is reserved for private networks.",
  own_address: "The URL leads back to Posthorn itself.",
  private: "The address belongs to a private network.",
  loopback: "The address is this machine itself.",
  link_local: "The address belongs to the local link only.",
  metadata: "The address belongs to a cloud provider's metadata service.",
  shared: "The address belongs to a provider's shared range (carrier-grade NAT).",
  this_network: "The address is not that of a receiver: it means this machine.",
  documentation: "The address is reserved for documentation.",
  benchmark: "The address is reserved for benchmarks.",
  multicast: "The address is a multicast address.",
  reserved: "The address is reserved by the IETF.",
  embedded: "The address is an IPv4 address inside an IPv6 one.",
  not_global: "The address is not a public one.",
  invalid: "The address is not one that can be connected to.",
};
