import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { type AddressRefusal, judgeAddress, type NetworkPolicy, ownPortsAt } from "../../src/domain/address.ts";
import { type Cidr, parseCidr } from "../../src/domain/ip.ts";
import { carriersOf } from "../support/address-spellings.ts";
import { isPublicElsewhere, isRefusedHereAlone } from "../support/independent-judge.ts";

const CLOSED: NetworkPolicy = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };

function opening(...ranges: string[]): NetworkPolicy {
  return { ...CLOSED, allowPrivateCidrs: ranges.map(rangeOf) };
}

function rangeOf(text: string): Cidr {
  const range = parseCidr(text);
  if (range === null) throw new Error(`${text} is no range`);
  return range;
}

const REFUSED: readonly (readonly [range: string, verdict: AddressRefusal])[] = [
  ["0.0.0.0/8", "this_network"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link_local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "documentation"],
  ["192.31.196.0/24", "reserved"],
  ["192.52.193.0/24", "reserved"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "reserved"],
  ["198.18.0.0/15", "benchmark"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["168.63.129.16/32", "metadata"],
  ["2001::/32", "embedded"],
  ["2001:2::/48", "benchmark"],
  ["2001::/23", "reserved"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "embedded"],
  ["2620:4f:8000::/48", "reserved"],
  ["3fff::/20", "documentation"],
];

describe("the edges of every range", () => {
  test.each(REFUSED)("%s is refused as %s from its first address to its last", (text, verdict) => {
    const { first, last } = edgesOf(rangeOf(text));
    const named = [judgeAddress(textOf(first), CLOSED), judgeAddress(textOf(last), CLOSED)];
    // The first and last 32 addresses of 2001::/23 have a name of their own.
    expect(named).toContain(verdict);
    expect(named).not.toContain("public");
  });

  test.each(REFUSED)("an address beside %s is public unless it lies in another one", (text) => {
    const range = rangeOf(text);
    const { first, last } = edgesOf(range);
    const beside = [
      { ...range, bits: first.bits - 1n },
      { ...range, bits: last.bits + 1n },
    ].filter(({ bits, width }) => bits >= 0n && bits < 1n << BigInt(width));
    for (const address of beside) {
      const isListed = REFUSED.some(([other]) => contains(rangeOf(other), address));
      expect([textOf(address), judgeAddress(textOf(address), CLOSED) === "public"]).toEqual([
        textOf(address),
        !isListed,
      ]);
    }
  });

  test("IPv6 is public within 2000::/3 alone", () => {
    const { first, last } = edgesOf(rangeOf("2000::/3"));
    expect(judgeAddress(textOf(first), CLOSED)).toBe("public");
    expect(judgeAddress("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", CLOSED)).toBe("public");
    expect(judgeAddress(textOf({ ...first, bits: first.bits - 1n }), CLOSED)).toBe("not_global");
    expect(judgeAddress(textOf({ ...last, bits: last.bits + 1n }), CLOSED)).toBe("not_global");
  });
});

test.each<[address: string, verdict: AddressRefusal]>([
  ["169.254.169.254", "metadata"],
  ["169.254.169.253", "metadata"],
  ["169.254.170.2", "metadata"],
  ["169.254.170.23", "metadata"],
  ["100.100.100.200", "metadata"],
  ["192.0.0.192", "metadata"],
  ["168.63.129.16", "metadata"],
  ["fd00:ec2::254", "metadata"],
  ["fd20:ce::254", "metadata"],
  ["::ffff:169.254.169.254", "metadata"],
  ["64:ff9b::a9fe:a9fe", "metadata"],
  ["2002:a9fe:a9fe::1", "metadata"],
  ["2001::5601:5601", "metadata"],
  ["::", "this_network"],
  ["::1", "loopback"],
  ["::7f00:1", "embedded"],
  ["::ffff:8.8.8.8", "embedded"],
  ["::ffff:0:127.0.0.1", "embedded"],
  ["64:ff9b:1::a00:1", "embedded"],
  ["fc00::", "private"],
  ["fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"],
  ["fe80::1", "link_local"],
  ["febf:ffff::1", "link_local"],
  ["fec0::1", "private"],
  ["ff0e::1", "multicast"],
  ["100::1", "not_global"],
  ["5f00::1", "not_global"],
  ["2001:20::1", "reserved"],
  ["fe80::1%eth0", "invalid"],
  ["127.1", "invalid"],
  ["", "invalid"],
])("%s is %s", (address, verdict) => {
  expect(judgeAddress(address, CLOSED)).toBe(verdict);
});

const nearAnEdge = fc
  .tuple(fc.constantFrom(...REFUSED.map(([text]) => rangeOf(text))), fc.integer({ min: -300, max: 300 }), fc.boolean())
  .map(([range, offset, fromTheTop]) => {
    const { first, last } = edgesOf(range);
    const bits = (fromTheTop ? last.bits : first.bits) + BigInt(offset);
    return textOf({ ...range, bits: BigInt.asUintN(range.width, bits) });
  });

test("what is public is so for ipaddr.js too, and the other way round but where it is written down", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), nearAnEdge), (address) => {
      const isPublicThere = isPublicElsewhere(address) && !isRefusedHereAlone(address);
      expect([address, judgeAddress(address, CLOSED) === "public"]).toEqual([address, isPublicThere]);
    }),
    { seed: 1, numRuns: 10_000 },
  );
});

describe("an allow-list opens exactly what it names", () => {
  test("127.0.0.1/32 opens that address and no other spelling of this machine", () => {
    const policy = opening("127.0.0.1/32");
    expect(judgeAddress("127.0.0.1", policy)).toBe("allowed");
    for (const address of ["::1", "0.0.0.0", "127.0.0.2", "127.0.0.0", "::ffff:127.0.0.1", "169.254.169.254"]) {
      expect([address, judgeAddress(address, policy)]).toEqual([address, judgeAddress(address, CLOSED)]);
      expect(judgeAddress(address, policy)).not.toBe("allowed");
    }
  });

  test("a public address stays public", () => {
    expect(judgeAddress("1.1.1.1", opening("0.0.0.0/0"))).toBe("public");
  });

  test("an IPv4 range opens no IPv6 address", () => {
    expect(judgeAddress("::ffff:10.0.0.1", opening("0.0.0.0/0", "10.0.0.1/32"))).toBe("embedded");
  });

  test.each([
    ["169.254.169.254", "169.254.0.0/16", "169.254.169.254/32"],
    ["169.254.169.254", "169.254.169.254/31", "169.254.169.254"],
    ["100.100.100.200", "100.64.0.0/10", "100.100.100.200/32"],
    ["168.63.129.16", "0.0.0.0/0", "168.63.129.16/32"],
    ["fd00:ec2::254", "fd00::/8", "fd00:ec2::254/128"],
    ["64:ff9b::a9fe:a9fe", "64:ff9b::/96", "64:ff9b::a9fe:a9fe/128"],
  ])("the metadata address %s stays shut under %s and opens for %s", (address, range, exact) => {
    expect(judgeAddress(address, opening(range))).toBe("metadata");
    expect(judgeAddress(address, opening(range, exact))).toBe("allowed");
  });

  test("the neighbours of a metadata address open with their range", () => {
    expect(judgeAddress("169.254.169.252", opening("169.254.0.0/16"))).toBe("allowed");
    expect(judgeAddress("64:ff9b::a00:1", opening("64:ff9b::/96"))).toBe("allowed");
  });
});

describe("Posthorn's own ports", () => {
  test.each(["127.0.0.1", "0.0.0.0", "::", "::1", "localhost", "localhost.", "posthorn.localhost", "[::1]"])(
    "listening on %s is met by every spelling of this machine",
    (host) => {
      const policy = { ...CLOSED, ownTargets: [{ host, port: 8787 }] };
      for (const address of ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1"]) {
        expect([address, ownPortsAt(address, policy)]).toEqual([address, [8787]]);
      }
      expect(ownPortsAt("10.0.0.5", policy)).toEqual([]);
    },
  );

  test("listening on one interface is met there alone", () => {
    const policy = { ...CLOSED, ownTargets: [{ host: "10.0.0.5", port: 8787 }] };
    expect(ownPortsAt("10.0.0.5", policy)).toEqual([8787]);
    expect(ownPortsAt("127.0.0.1", policy)).toEqual([]);
  });

  test("an IPv4 address is met in every IPv6 one that carries it, and the other way round", () => {
    for (const carrier of carriersOf("10.0.0.5")) {
      const there = { ...CLOSED, ownTargets: [{ host: "10.0.0.5", port: 8787 }] };
      const here = { ...CLOSED, ownTargets: [{ host: carrier, port: 8787 }] };
      expect([carrier, ownPortsAt(carrier, there)]).toEqual([carrier, [8787]]);
      expect([carrier, ownPortsAt("10.0.0.5", here)]).toEqual([carrier, [8787]]);
      expect([carrier, ownPortsAt("10.0.0.6", here)]).toEqual([carrier, []]);
    }
  });

  test("a public URL of a literal IPv6 address is met in any spelling", () => {
    const policy = { ...CLOSED, ownTargets: [{ host: "[2606:4700::1]", port: 443 }] };
    expect(ownPortsAt("2606:4700:0:0::1", policy)).toEqual([443]);
    expect(ownPortsAt("2606:4700::2", policy)).toEqual([]);
  });
});

type Address = Pick<Cidr, "width" | "bits">;

function edgesOf({ width, bits, prefix }: Cidr): { first: Address; last: Address } {
  return { first: { width, bits }, last: { width, bits: bits + (1n << BigInt(width - prefix)) - 1n } };
}

function contains(range: Cidr, { width, bits }: Address): boolean {
  const { first, last } = edgesOf(range);
  return range.width === width && bits >= first.bits && bits <= last.bits;
}

function textOf({ width, bits }: Address): string {
  const bytes = [...Buffer.from(bits.toString(16).padStart(width / 4, "0"), "hex")];
  return ipaddr.fromByteArray(bytes).toString();
}
