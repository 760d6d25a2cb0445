import { type Cidr, covers, type Ip, parseCidr, parseIp } from "./ip.ts";

/** What an operator opened beyond the public internet, and what is closed whatever was opened. Fixed for a process. */
export interface NetworkPolicy {
  /** `POSTHORN_ALLOW_PRIVATE_CIDRS`: exactly these ranges may be connected to as well. */
  readonly allowPrivateCidrs: readonly Cidr[];
  /** `POSTHORN_ALLOW_HOSTS`: names that need not look like public ones. Their addresses are judged all the same. */
  readonly allowHosts: readonly string[];
  /** Where Posthorn itself is reached (its public URL, its listening socket): never a target. */
  readonly ownTargets: readonly OwnTarget[];
}

export interface OwnTarget {
  /** A name or a literal address; `0.0.0.0` and `::` stand for this machine. */
  readonly host: string;
  readonly port: number;
}

/**
 * What an address is for; `public` is the only one that may be connected to without being allowed. `embedded` is an IPv6
 * spelling that carries an IPv4 address (mapped, translated, tunnelled); `not_global` lies outside of all that is assigned
 * as global unicast; `invalid` is no address.
 */
export type AddressVerdict = "public" | AddressRefusal;
export type AddressRefusal =
  | "private"
  | "loopback"
  | "link_local"
  | "metadata"
  | "shared"
  | "this_network"
  | "documentation"
  | "benchmark"
  | "multicast"
  | "reserved"
  | "embedded"
  | "not_global"
  | "invalid";

/**
 * What becomes of one literal address (IPv6 without brackets): `public` and `allowed` may be connected to, any other verdict
 * is the name of the rule that refused it. A metadata address is allowed only by a range that names it to the address.
 */
export function judgeAddress(
  address: string,
  policy: Pick<NetworkPolicy, "allowPrivateCidrs">,
): AddressVerdict | "allowed" {
  const ip = parseIp(address);
  if (ip === null) return "invalid";
  const verdict = classify(ip);
  if (verdict === "public") return verdict;
  const opens = (range: Cidr) => covers(range, ip) && (verdict !== "metadata" || range.prefix === range.width);
  return policy.allowPrivateCidrs.some(opens) ? "allowed" : verdict;
}

/** The ports at which `address` (a literal) is Posthorn's own API; none for almost every address. */
export function ownPortsAt(address: string, { ownTargets }: Pick<NetworkPolicy, "ownTargets">): readonly number[] {
  return ownTargets.filter((own) => isSameMachine(address, own.host)).map((own) => own.port);
}

/** This machine has many spellings (127.0.0.2, ::1, 0.0.0.0), and so has any IPv4 address (::ffff:10.0.0.1): each stands for all. */
function isSameMachine(address: string, ownHost: string): boolean {
  const there = withoutCarrier(parseIp(address));
  const here = withoutCarrier(LOOPBACK_NAME.test(ownHost) ? LOOPBACK : parseIp(ownHost.replace(/^\[(.*)\]$/, "$1")));
  if (there === null || here === null) return false;
  return (there.width === here.width && there.bits === here.bits) || (isThisMachine(there) && isThisMachine(here));
}

function withoutCarrier(ip: Ip | null): Ip | null {
  return ip === null ? null : (embeddedIn(ip) ?? ip);
}

function isThisMachine(ip: Ip): boolean {
  const verdict = classify(ip);
  return verdict === "loopback" || verdict === "this_network";
}

/** RFC 6761 §6.3. */
const LOOPBACK_NAME = /(^|\.)localhost\.?$/;
const LOOPBACK = range("127.0.0.1");

/**
 * The ranges that are refused, the first that covers an address names it: the IANA special-purpose registries (RFC 6890),
 * and what answers for a cloud provider's metadata service, which hands out credentials to whoever can send a request.
 */
const REFUSED = table([
  ["169.254.169.254", "metadata"], // AWS, Azure, GCP, OpenStack and most others
  ["169.254.169.253", "metadata"], // AWS: the VPC's resolver
  ["169.254.170.2", "metadata"], // AWS ECS
  ["169.254.170.23", "metadata"], // AWS EKS
  ["169.254.42.42", "metadata"], // Scaleway
  ["169.254.0.23", "metadata"], // Tencent Cloud
  ["100.100.100.200", "metadata"], // Alibaba Cloud
  ["192.0.0.192", "metadata"], // Oracle Cloud Classic
  ["168.63.129.16", "metadata"], // Azure: a public address that only its guests reach
  ["fd00:ec2::254", "metadata"], // AWS
  ["fd00:ec2::253", "metadata"],
  ["fd00:ec2::23", "metadata"],
  ["fd20:ce::254", "metadata"], // GCP
  ["fd00:c1::a9fe:a9fe", "metadata"], // Oracle Cloud
  ["fd00:42::42", "metadata"], // Scaleway
  ["fe80::a9fe:a9fe", "metadata"], // OpenStack
  ["0.0.0.0/8", "this_network"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link_local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "documentation"],
  ["192.31.196.0/24", "reserved"], // AS112 and AMT are anycast: who answers may well stand inside (RFC 7535, RFC 7450)
  ["192.52.193.0/24", "reserved"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "reserved"], // AS112, RFC 7534
  ["198.18.0.0/15", "benchmark"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::", "this_network"],
  ["::1", "loopback"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link_local"],
  ["fec0::/10", "private"],
  ["ff00::/8", "multicast"],
  ["2001:2::/48", "benchmark"],
  ["2001:db8::/32", "documentation"],
  ["2620:4f:8000::/48", "reserved"], // AS112, RFC 7534
  ["3fff::/20", "documentation"],
]);

/** Prefixes whose addresses carry an IPv4 address, how far above the low end it stands, and whether it is inverted. */
const EMBEDDING: readonly (readonly [range: Cidr, shift: bigint, mask: bigint])[] = [
  [range("::/96"), 0n, 0n], // IPv4-compatible, RFC 4291 §2.5.5.1
  [range("::ffff:0:0/96"), 0n, 0n], // IPv4-mapped, RFC 4291 §2.5.5.2
  [range("::ffff:0:0:0/96"), 0n, 0n], // SIIT, RFC 7915
  [range("64:ff9b::/96"), 0n, 0n], // NAT64, RFC 6052
  [range("64:ff9b:1::/48"), 0n, 0n], // NAT64 for local use, RFC 8215
  [range("2002::/16"), 80n, 0n], // 6to4, RFC 3056
  [range("2001::/32"), 0n, 0xffff_ffffn], // Teredo, RFC 4380
];

/** IETF protocol assignments: nothing in it that is not named above is a receiver. */
const RESERVED_GLOBAL = range("2001::/23");
/** The only block that is assigned as global unicast (RFC 4291 §2.4); whatever lies outside is refused by default. */
const GLOBAL_UNICAST = range("2000::/3");

function classify(ip: Ip): AddressVerdict {
  const refused = REFUSED.find(([range]) => covers(range, ip));
  if (refused !== undefined) return refused[1];
  const embedded = embeddedIn(ip);
  // Carried in IPv6, a metadata address is no less one: a range that opens the carrier must not open it too.
  if (embedded !== null) return classify(embedded) === "metadata" ? "metadata" : "embedded";
  if (covers(RESERVED_GLOBAL, ip)) return "reserved";
  return ip.width === 32 || covers(GLOBAL_UNICAST, ip) ? "public" : "not_global";
}

/** The IPv4 address that an IPv6 one carries; null when it carries none. */
function embeddedIn(ip: Ip): Ip | null {
  const embedding = EMBEDDING.find(([range]) => covers(range, ip));
  if (embedding === undefined) return null;
  const [, shift, mask] = embedding;
  return { width: 32, bits: ((ip.bits >> shift) & 0xffff_ffffn) ^ mask };
}

function table(
  rows: readonly (readonly [range: string, verdict: AddressRefusal])[],
): readonly [Cidr, AddressRefusal][] {
  return rows.map(([text, verdict]) => [range(text), verdict]);
}

function range(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === null) throw new Error(`address.ts: ${text} is not a range`);
  return parsed;
}
