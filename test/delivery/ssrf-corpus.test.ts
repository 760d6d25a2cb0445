import { describe, expect, test } from "bun:test";
import { createGuard } from "../../src/delivery/guard.ts";
import type { BlockRule } from "../../src/domain/attempt.ts";
import { DNS_TTL_MAX_MS } from "../../src/limits.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { answersOf, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";
import { createTableResolver } from "../support/table-resolver.ts";

/** What every name resolves to that a case says nothing of: so only a rule can refuse it. */
const PUBLIC = "93.184.215.14";

/** One process, one name: each entry is what the name resolves to at that judgement, far enough apart to be asked anew. */
async function judge(each: SsrfCase) {
  const clock = createFakeClock();
  const resolver = createTableResolver(clock, [PUBLIC]);
  const guard = createGuard({ resolver, clock, policy: { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] } });
  const passages = [];
  for (const addresses of answersOf(each)) {
    if (addresses !== null) resolver.set(new URL(each.url).hostname, addresses, { ttlMs: 0 });
    passages.push(await guard.judge(each.url));
    await clock.advance(DNS_TTL_MAX_MS);
  }
  return { passages, lookUps: resolver.lookUps() };
}

/** The rules that may refuse a case of a class; every class of the corpus that is refused is named. */
const RULES: Readonly<Record<string, readonly BlockRule[]>> = {
  "ipv4-loopback": ["loopback"],
  "ipv4-this-network": ["this_network"],
  "ipv4-private": ["private"],
  "ipv4-cgnat": ["shared"],
  "cloud-metadata": ["metadata", "reserved_name"],
  "ipv4-link-local": ["link_local"],
  "ipv4-ietf-protocol": ["reserved"],
  "ipv4-documentation": ["documentation"],
  "ipv4-benchmark": ["benchmark"],
  "ipv4-6to4-relay": ["reserved"],
  "ipv4-multicast": ["multicast"],
  "ipv4-reserved": ["reserved"],
  "ipv4-broadcast": ["reserved"],
  "ipv4-encoding": ["loopback", "metadata", "private", "this_network"],
  "ipv4-invalid": ["malformed"],
  "ipv6-unspecified": ["this_network"],
  "ipv6-loopback": ["loopback"],
  "ipv6-mapped": ["embedded", "metadata"],
  "ipv6-compat": ["embedded", "metadata"],
  "ipv6-translated": ["embedded"],
  "ipv6-nat64": ["embedded"],
  "ipv6-nat64-local": ["embedded"],
  "ipv6-6to4": ["embedded", "metadata"],
  "ipv6-teredo": ["embedded"],
  "ipv6-link-local": ["link_local"],
  "ipv6-zone-id": ["malformed"],
  "ipv6-ula": ["private"],
  "ipv6-site-local": ["private"],
  "ipv6-multicast": ["multicast"],
  "ipv6-documentation": ["documentation"],
  "ipv6-benchmark": ["benchmark"],
  "ipv6-orchid": ["reserved"],
  "ipv6-ietf-protocol": ["reserved"],
  "ipv6-discard": ["not_global"],
  "ipv6-srv6": ["not_global"],
  "ipv6-unallocated": ["not_global"],
  "ipv6-invalid": ["malformed"],
  "hostname-special": ["single_label", "reserved_name"],
  "hostname-invalid": ["hostname", "malformed"],
  unicode: ["loopback", "reserved_name", "single_label", "malformed"],
  "percent-encoding": ["loopback", "reserved_name", "malformed", "userinfo"],
  userinfo: ["userinfo"],
  backslash: ["characters"],
  "missing-slashes": ["loopback"],
  delimiter: ["loopback"],
  whitespace: ["characters"],
  crlf: ["characters"],
  control: ["characters"],
  scheme: ["scheme"],
  "scheme-case": ["loopback", "reserved_name"],
  "no-scheme": ["malformed", "scheme"],
  "no-host": ["malformed", "hostname"],
  port: ["port", "malformed"],
  "dns-private": ["this_network", "loopback", "embedded", "private", "metadata"],
  "dns-mixed": ["private"],
  "dns-cname": ["loopback", "private"],
  "dns-rebinding": ["loopback", "metadata"],
  redirect: ["private", "loopback", "scheme", "malformed"],
};

function title({ class: kind, url, why }: SsrfCase): string {
  return `${kind}: ${JSON.stringify(url)} (${why.slice(0, 80)})`;
}

describe("refused", () => {
  const refused = SSRF_CASES.filter((each) => each.expect === "refuse" && each.url !== "https://example.com/");

  test.each(refused.map((each) => [title(each), each] as const))("%s", async (_, each) => {
    const { passages, lookUps } = await judge(each);
    const last = passages.at(-1);
    expect(last).toMatchObject({ ok: false, kind: "blocked" });
    if (last !== undefined && !last.ok && last.kind === "blocked") expect(RULES[each.class] ?? []).toContain(last.rule);
    if (each.dns === undefined) expect(lookUps).toBe(0);
  });
});

describe("allowed", () => {
  const allowed = SSRF_CASES.filter((each) => each.expect === "allow");

  test.each(allowed.map((each) => [title(each), each] as const))("%s", async (_, each) => {
    const { passages } = await judge(each);
    const vetted = passages.flatMap((passage) => (passage.ok ? passage.addresses : []));
    const { A = [], AAAA = [] } = each.dns ?? { A: [new URL(each.url).hostname.replace(/[[\]]/g, "")] };
    expect(vetted).toEqual([...A, ...AAAA].slice(0, 3));
  });
});

test("a name that is turned inwards is sent to the address that was vetted, and refused from then on", async () => {
  for (const each of SSRF_CASES.filter(({ class: kind }) => kind === "dns-rebinding")) {
    const { passages } = await judge(each);
    expect(passages[0]).toMatchObject({ ok: true, addresses: ["1.1.1.1"] });
    expect(passages[1]).toMatchObject({ ok: false, kind: "blocked" });
  }
});

test("a public target of a redirect is one that may be posted to directly: it is the redirect that fails", async () => {
  const each = SSRF_CASES.find(({ url, redirect }) => redirect !== undefined && url === "https://example.com/");
  expect(each).toBeDefined();
  if (each !== undefined) expect((await judge(each)).passages).toMatchObject([{ ok: true }]);
});

test("the corpus is whole: every refused class is covered by a rule", () => {
  expect(SSRF_CASES).toHaveLength(225);
  const classes = SSRF_CASES.filter((each) => each.expect === "refuse").map((each) => each.class);
  expect(new Set(classes)).toEqual(new Set(Object.keys(RULES)));
});
