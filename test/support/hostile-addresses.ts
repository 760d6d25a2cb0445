import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { carriersOf, ipv4Parts } from "./address-spellings.ts";

/** Where a range begins that is special, or one that is not. */
const IPV4_EDGES = `
  0.0.0.0 1.0.0.0 10.0.0.0 11.0.0.0 100.64.0.0 100.100.100.200 100.128.0.0 127.0.0.1 128.0.0.0 168.63.129.16 169.254.0.0
  169.254.169.254 169.255.0.0 172.16.0.0 172.32.0.0 192.0.0.0 192.0.0.192 192.0.2.0 192.31.196.0 192.52.193.0 192.88.99.0
  192.168.0.0 192.175.48.0 198.18.0.0 198.20.0.0 198.51.100.0 203.0.113.0 224.0.0.0 240.0.0.0 255.255.255.255
`;
const IPV6_EDGES = `
  :: ::1 ::ffff:0:0 ::ffff:0:0:0 64:ff9b:: 64:ff9b:1:: 100:: 2000:: 2001:: 2001:2:: 2001:4:112:: 2001:10:: 2001:20:: 2001:200::
  2001:db8:: 2001:db9:: 2002:: 2003:: 2606:4700:: 2620:4f:8000:: 2620:4f:8001:: 2a00:1450:4001:81b:: 3fff:: 3fff:1000:: 4000::
  5f00:: fc00:: fd00:ec2::254 fe00:: fe80:: fec0:: ff00::
`;

/** An edge, or a neighbour of one. */
function nearOneOf(edges: string): fc.Arbitrary<string> {
  const near = fc.tuple(fc.constantFrom(...edges.trim().split(/\s+/)), fc.bigInt({ min: -2n, max: 2n }));
  return near.map(([edge, by]) => {
    const bytes = Buffer.from(ipaddr.parse(edge).toByteArray());
    const bits = BigInt.asUintN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`) + by);
    return ipaddr.fromByteArray([...Buffer.from(bits.toString(16).padStart(bytes.length * 2, "0"), "hex")]).toString();
  });
}

/** Most are public. */
export const ipv4Address: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(0xffff_ffff).map((bits) => ipv4Parts(bits, 4).join(".")) },
  { weight: 1, arbitrary: nearOneOf(IPV4_EDGES) },
);

const group = fc.oneof({ weight: 3, arbitrary: fc.nat(0xffff) }, { weight: 2, arbitrary: fc.constant(0) });

function groupsBehind(first: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc
    .tuple(first, group, group, group, group, group, group, group)
    .map((groups) => ipaddr.fromByteArray(groups.flatMap((part) => [part >> 8, part & 0xff])).toString());
}

/** In the shortest form. Half of them are public. */
export const ipv6Address: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: groupsBehind(fc.integer({ min: 0x2000, max: 0x3fff })) },
  { weight: 1, arbitrary: groupsBehind(fc.nat(0xffff)) },
  { weight: 1, arbitrary: ipv4Address.chain((address) => fc.constantFrom(...carriersOf(address))) },
  { weight: 2, arbitrary: nearOneOf(IPV6_EDGES) },
);

const notQuiteAnAddress = fc.constantFrom(
  ...[
    "",
    "127.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "2130706433",
    "fe80::1%eth0",
    "[::1]",
    "localhost",
    " 1.1.1.1",
    "1.1.1.1.",
  ],
  ...["::ffff:1.1.1.256", "1:2:3", "\uff11.1.1.1"],
);

/** What a name server says, of both families, good and bad; most often one bad address among good ones, or none. */
export const answer: fc.Arbitrary<readonly string[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: ipv4Address },
    { weight: 6, arbitrary: ipv6Address },
    { weight: 12, arbitrary: fc.constantFrom("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111") },
    { weight: 1, arbitrary: notQuiteAnAddress },
  ),
  { maxLength: 5 },
);
