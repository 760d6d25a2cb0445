/** Ways in which URLs and name servers can write an address: those that mean the same, and those that carry it elsewhere. */

const DOTS = [".", "\uff0e", "\u3002", "\uff61"];
const FULL_WIDTH_ZERO = 0xff10;
const BOLD_ZERO = 0x1d7ce;

/** Hosts of a URL that all mean this IPv4 address (WHATWG URL, "IPv4 parser" and "domain to ASCII"). */
export function ipv4Hosts(address: string): readonly string[] {
  const bits = Number(ipv4Bits(address));
  const octets = address.split(".").map(Number);
  const shapes = [1, 2, 3, 4].map((parts) => ipv4Parts(bits, parts));
  const radixes = shapes.flatMap((parts) => RADIXES.map((write) => parts.map(write).join(".")));
  const mixed = octets.map((octet, at) => (RADIXES[at] ?? String)(octet)).join(".");
  const unicode = [
    ...DOTS.map((dot) => octets.join(dot)),
    ...[FULL_WIDTH_ZERO, BOLD_ZERO].map((zero) => withDigitsFrom(zero, address)),
    address.replace(/\d/g, circled),
  ];
  const escaped = [percentEncoded(address), ...unicode.map(percentEncoded)];
  const all = [...radixes, mixed, ...unicode, ...escaped];
  return [...new Set([...all, ...all.map((host) => `${host}.`)])];
}

/** The number's parts, the last of which holds all the bits that are left: 127.1 of two. */
export function ipv4Parts(bits: number, parts: number): readonly number[] {
  const heads = Array.from({ length: parts - 1 }, (_, at) => (bits >>> (24 - 8 * at)) & 0xff);
  return [...heads, bits % 2 ** (8 * (5 - parts))];
}

export const RADIXES: readonly ((part: number) => string)[] = [
  String,
  (part) => `0x${part.toString(16)}`,
  (part) => `0X${part.toString(16).toUpperCase()}`,
  (part) => `0${part.toString(8)}`,
  (part) => `0000${part.toString(8)}`,
  (part) => `0x000${part.toString(16)}`,
];

/** `text` with the decimal digits of another script, of which this is the zero. */
export function withDigitsFrom(zero: number, text: string): string {
  return text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
}

function circled(digit: string): string {
  return digit === "0" ? "\u24ea" : String.fromCodePoint(0x245f + Number(digit));
}

/** Every byte of the UTF-8 as `%xx`. */
export function percentEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** IPv6 addresses that carry this IPv4 address: compatible, mapped, SIIT, both NAT64, 6to4, Teredo. */
export function carriersOf(address: string): readonly string[] {
  const bits = ipv4Bits(address);
  const [high, low] = [groupOf(bits >> 16n), groupOf(bits)];
  const inverted = bits ^ 0xffff_ffffn;
  return [
    ...["::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"].map((prefix) => `${prefix}${high}:${low}`),
    `2002:${high}:${low}::1`,
    `2001:0:4136:e378:8000:63bf:${groupOf(inverted >> 16n)}:${groupOf(inverted)}`,
  ];
}

/** Spellings of one IPv6 address: as it is, in capitals, in full, padded, and with its last 32 bits dotted. */
export function ipv6Spellings(address: string): readonly string[] {
  const groups = ipv6Groups(address);
  const tail = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
  const plain = groups.map((group) => group.toString(16));
  const spellings = [
    address,
    plain.join(":"),
    plain.map((group) => group.padStart(4, "0")).join(":"),
    [...plain.slice(0, 6), tail.join(".")].join(":"),
  ];
  return [...spellings, ...spellings.map((spelling) => spelling.toUpperCase())];
}

function ipv6Groups(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

function ipv4Bits(address: string): bigint {
  return address.split(".").reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

function groupOf(bits: bigint): string {
  return (bits & 0xffffn).toString(16);
}
