/** A literal IP address as a number: ranges become comparisons, and no spelling can hide an address from them. */
export interface Ip {
  /** Bits of the family: 32 for IPv4, 128 for IPv6. */
  readonly width: 32 | 128;
  readonly bits: bigint;
}

/** All addresses of one family that share their first `prefix` bits with `bits`. */
export interface Cidr extends Ip {
  readonly prefix: number;
}

/**
 * Reads one address strictly: four decimal octets without leading zeros, or the forms of RFC 4291 §2.2. Null for anything
 * else: shortened, octal or hexadecimal IPv4, brackets, zone ids.
 */
export function parseIp(text: string): Ip | null {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Reads `10.1.2.0/24`, `fd00::/8`, or a bare address, which stands for itself alone. Null when it is neither, and when
 * bits behind the prefix are set: `10.1.2.3/8` does not tell which of two ranges was meant.
 */
export function parseCidr(text: string): Cidr | null {
  const [address = "", length, ...rest] = text.split("/");
  const ip = parseIp(address);
  if (ip === null || rest.length > 0) return null;
  const prefix = length === undefined ? ip.width : parsePrefix(length);
  if (prefix === null || prefix > ip.width) return null;
  const behind = BigInt(ip.width - prefix);
  return (ip.bits >> behind) << behind === ip.bits ? { ...ip, prefix } : null;
}

/** Whether `ip` lies in `range`. The families are apart: an IPv4 range never covers an address that is spelled as IPv6. */
export function covers(range: Cidr, ip: Ip): boolean {
  const behind = BigInt(range.width - range.prefix);
  return range.width === ip.width && range.bits >> behind === ip.bits >> behind;
}

const OCTET = "(0|[1-9]\\d{0,2})";
const IPV4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

function parseIpv4(text: string): Ip | null {
  const octets = IPV4.exec(text)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) return null;
  return { width: 32, bits: join(octets, 8n) };
}

const GROUPS = 8;
const GROUP = /^[0-9a-f]{1,4}$/i;

function parseIpv6(text: string): Ip | null {
  const [head = "", tail, ...more] = withoutDottedEnd(text).split("::");
  if (more.length > 0) return null;
  const before = split(head);
  const after = split(tail ?? "");
  const missing = GROUPS - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  if (![...before, ...after].every((group) => GROUP.test(group))) return null;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  return { width: 128, bits: join(groups.map(hexadecimal), 16n) };
}

/** `::ffff:127.0.0.1` → `::ffff:7f00:1`; any other text as it is. */
function withoutDottedEnd(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  const end = parseIpv4(text.slice(start));
  if (end === null) return text;
  return `${text.slice(0, start)}${(end.bits >> 16n).toString(16)}:${(end.bits & 0xffffn).toString(16)}`;
}

function split(groups: string): string[] {
  return groups === "" ? [] : groups.split(":");
}

function hexadecimal(group: string): number {
  return Number.parseInt(group, 16);
}

function join(parts: readonly number[], bitsPerPart: bigint): bigint {
  return parts.reduce((bits, part) => (bits << bitsPerPart) | BigInt(part), 0n);
}

function parsePrefix(length: string): number | null {
  return /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : null;
}
