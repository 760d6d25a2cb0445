import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { createGuard, type Passage } from "../../src/delivery/guard.ts";
import { type AddressRefusal, judgeAddress } from "../../src/domain/address.ts";
import { type Cidr, parseCidr } from "../../src/domain/ip.ts";
import { carriersOf, ipv4Hosts, ipv6Spellings } from "../support/address-spellings.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { PUBLIC_ADDRESS } from "../support/fake-world.ts";
import { ipv4Address, ipv6Address } from "../support/hostile-addresses.ts";
import { answersOf, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";
import { createTableResolver } from "../support/table-resolver.ts";
import { chosenSeed } from "../torture/suite.ts";

const OPENED = "127.0.0.1";

function cidrsOf(ranges: readonly string[]): readonly Cidr[] {
  return ranges.map(parseCidr).filter((range): range is Cidr => range !== null);
}

/** @param answer what every name resolves to */
async function judge(url: string, ranges: readonly string[], answer: readonly string[]): Promise<Passage> {
  const clock = createFakeClock();
  const policy = { allowPrivateCidrs: cidrsOf(ranges), allowHosts: [], ownTargets: [] };
  return await createGuard({ resolver: createTableResolver(clock, answer), clock, policy }).judge(url);
}

/** The addresses to connect to, or the rule. */
async function opened(url: string, answer = [PUBLIC_ADDRESS]): Promise<readonly string[] | string> {
  const passage = await judge(url, [`${OPENED}/32`], answer);
  if (passage.ok) return passage.addresses;
  return passage.kind === "blocked" ? passage.rule : passage.kind;
}

/** Whether the case leads to the opened address and to no other. */
function leadsToOpened({ url }: SsrfCase, answer: readonly string[] | null): boolean {
  const addresses = answer ?? [URL.parse(url)?.hostname];
  return addresses.every((address) => address === OPENED);
}

describe(`the corpus under ${OPENED}/32`, () => {
  const judged = SSRF_CASES.flatMap((each) => answersOf(each).map((answer) => ({ each, answer })));

  test.each(judged.map((one) => [JSON.stringify(one.each.url), one] as const))(
    "%s is judged as without it, unless it leads to that address and no other",
    async (_, { each, answer }) => {
      const closed = await judge(each.url, [], answer ?? [PUBLIC_ADDRESS]);
      const open = await judge(each.url, [`${OPENED}/32`], answer ?? [PUBLIC_ADDRESS]);
      const isOpened = leadsToOpened(each, answer) && !closed.ok && "rule" in closed && closed.rule === "loopback";
      if (isOpened) expect(open).toMatchObject({ ok: true, addresses: [OPENED] });
      else expect(open).toEqual(closed);
    },
  );

  test("opens that address in the spellings that the corpus has of it, and for names that stand for it alone", async () => {
    const ends = await Promise.all(
      judged.map(({ each, answer }) => opened(each.url, [...(answer ?? [PUBLIC_ADDRESS])])),
    );
    const through = judged.filter((_, index) => String(ends[index]) === OPENED).map(({ each }) => each.url);
    expect(through.length).toBeGreaterThan(20);
    for (const url of [
      "http://2130706433/",
      "http://0x7f.1/",
      "http://127\uff610\uff610\uff611/",
      "http://127.0.0.1.nip.io/",
    ]) {
      expect(through).toContain(url);
    }
  });
});

/** What must stay shut, each with the rule that keeps it so. */
const SHUT: readonly (readonly [address: string, rule: AddressRefusal])[] = [
  ["0.0.0.0", "this_network"],
  ["127.0.0.0", "loopback"],
  ["127.0.0.2", "loopback"],
  ["127.255.255.255", "loopback"],
  ["169.254.169.254", "metadata"],
  ["10.0.0.1", "private"],
];

describe("every other spelling", () => {
  test(`${OPENED} is open however it is written`, async () => {
    for (const host of ipv4Hosts(OPENED)) expect([host, await opened(`http://${host}/`)]).toEqual([host, [OPENED]]);
  });

  test.each(SHUT)("%s is shut however it is written, and as the answer of a name", async (address, rule) => {
    const hosts = ipv4Hosts(address);
    expect(hosts.length).toBeGreaterThan(60);
    for (const host of hosts) expect([host, await opened(`http://${host}/`)]).toEqual([host, rule]);
    for (const answer of [[address], [OPENED, address], [address, OPENED], [PUBLIC_ADDRESS, address]]) {
      expect([answer, await opened("http://any.test/", answer)]).toEqual([answer, rule]);
    }
  });

  test.each(["::1", "::", ...carriersOf(OPENED), ...carriersOf("127.0.0.2"), ...carriersOf("169.254.169.254")])(
    "%s is shut however it is written, and as the answer of a name",
    async (address) => {
      for (const spelling of ipv6Spellings(address)) {
        const rule = await opened(`http://[${spelling}]/`);
        expect([spelling, rule]).toEqual([
          spelling,
          expect.stringMatching(/^(loopback|this_network|embedded|metadata)$/),
        ]);
        expect([spelling, await opened("http://any.test/", [OPENED, spelling])]).toEqual([spelling, rule]);
      }
    },
  );
});

/** A network around an address. */
interface Network {
  readonly address: string;
  readonly prefix: number;
}

const anyAddress = fc.oneof(ipv4Address, ipv6Address);
const network: fc.Arbitrary<Network> = anyAddress.chain((address) =>
  fc.nat(address.includes(":") ? 128 : 32).map((prefix) => ({ address, prefix })),
);

function rangeOf({ address, prefix }: Network): string {
  const family = address.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
  return `${family.networkAddressFromCIDR(`${address}/${prefix}`)}/${prefix}`;
}

function isWithin(address: string, range: string): boolean {
  const [ip, [base, prefix]] = [ipaddr.parse(address), ipaddr.parseCIDR(range)];
  return ip.kind() === base.kind() && ip.match(base, prefix);
}

test("whatever ranges are named, exactly their addresses are open by ipaddr.js's reckoning, and metadata only by itself", () => {
  const seed = chosenSeed();
  process.stdout.write(`allow-lists: SEED=${seed} repeats this run\n`);
  const ends = new Map<string, number>();
  const around = fc.tuple(anyAddress, fc.array(network, { maxLength: 2 }), fc.nat(128));
  const property = fc.property(around, ([address, others, prefix]) => {
    const width = address.includes(":") ? 128 : 32;
    const itself = { address, prefix: Math.min(prefix, width) };
    const ranges = [...others, itself].map(rangeOf).slice(0, 1 + (prefix % 3));
    const closed = judgeAddress(address, { allowPrivateCidrs: [] });
    const verdict = judgeAddress(address, { allowPrivateCidrs: cidrsOf(ranges) });
    const named = ranges.filter((range) => isWithin(address, range));
    const naming = closed === "metadata" ? named.filter((range) => range.endsWith(`/${width}`)) : named;
    const expected = closed !== "public" && naming.length > 0 ? "allowed" : closed;
    if (verdict !== expected) throw new Error(`${address} is ${verdict} under ${ranges}, not ${expected}`);
    const end = expected === "allowed" ? "allowed" : closed === "public" ? "public" : "shut";
    ends.set(end, (ends.get(end) ?? 0) + 1);
  });
  fc.assert(property, { seed: seed | 0, numRuns: 10_000 });
  for (const end of ["allowed", "public", "shut"]) expect([end, (ends.get(end) ?? 0) > 500]).toEqual([end, true]);
});
