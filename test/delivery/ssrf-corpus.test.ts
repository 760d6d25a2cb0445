import { describe, expect, test } from "bun:test";
import { createGuard } from "../../src/delivery/guard.ts";
import { DNS_TTL_MAX_MS } from "../../src/limits.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { answersOf, isHarmlessTarget, RULES, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";
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

function title({ class: kind, url, why }: SsrfCase): string {
  return `${kind}: ${JSON.stringify(url)} (${why.slice(0, 80)})`;
}

describe("refused", () => {
  const refused = SSRF_CASES.filter((each) => each.expect === "refuse" && !isHarmlessTarget(each));

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
  const targets = SSRF_CASES.filter(isHarmlessTarget);
  expect(targets).toHaveLength(1);
  for (const each of targets) expect((await judge(each)).passages).toMatchObject([{ ok: true }]);
});

test("the corpus is whole: every refused class is covered by a rule", () => {
  expect(SSRF_CASES).toHaveLength(225);
  const classes = SSRF_CASES.filter((each) => each.expect === "refuse").map((each) => each.class);
  expect(new Set(classes)).toEqual(new Set(Object.keys(RULES)));
});
