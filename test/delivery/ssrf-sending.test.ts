import { expect, test } from "bun:test";
import type { LogEntry } from "../../src/store/contract.ts";
import { PUBLIC_ADDRESS } from "../support/fake-world.ts";
import { createLoop, type Loop } from "../support/loop.ts";
import { reply } from "../support/scripted-reply.ts";
import { answersOf, isHarmlessTarget, RULES, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";

const REFUSED = SSRF_CASES.filter((each) => each.expect === "refuse" && !isHarmlessTarget(each));
const TURNING = REFUSED.filter((each) => answersOf(each).length > 1);

/** The whole schedule, with its jitter. */
const ALL_ATTEMPTS_MS = 10_000;

/** Everything below is stored as it is: no judgement at saving stands before the one at sending. */
async function sendTo(loop: Loop, urls: readonly string[]): Promise<readonly LogEntry[]> {
  const webhooks = [];
  for (const url of urls) webhooks.push(await loop.webhook({ url }));
  await loop.post();
  await loop.world.clock.advance(ALL_ATTEMPTS_MS);
  const logs = await Promise.all(webhooks.map((webhook) => loop.log(webhook)));
  return logs.flat();
}

function resolveAsIn(loop: Loop, each: SsrfCase, turn = 0): void {
  const addresses = answersOf(each).at(turn);
  if (addresses) loop.world.resolver.set(new URL(each.url).hostname, addresses, { ttlMs: 0 });
}

test("no URL of the corpus that must be refused is ever sent to: each delivery fails at once, by a rule", async () => {
  await using loop = await createLoop();
  const refused = REFUSED.filter((each) => !TURNING.includes(each));
  for (const each of refused) resolveAsIn(loop, each);
  const entries = await sendTo(
    loop,
    refused.map(({ url }) => url),
  );
  expect(loop.world.transport.requests.map(({ url, address }) => `${url} at ${address}`)).toEqual([]);
  expect(entries).toHaveLength(refused.length);
  for (const [index, { class: kind, url }] of refused.entries()) {
    const { error = null, ...entry } = entries[index] ?? {};
    expect(entry).toMatchObject({ url, state: "failed", attempts: 1 });
    expect(RULES[kind]?.map(String)).toContain(/^URL blocked: (\w+) /.exec(error ?? "")?.[1] ?? "");
  }
});

test.each(TURNING.map((each) => [each.url, each] as const))(
  "%s, whose name turns inwards between two attempts, is not sent to again",
  async (url, each) => {
    await using loop = await createLoop();
    loop.world.transport.otherwise(() => reply(500));
    resolveAsIn(loop, each, 0);
    await loop.webhook({ url });
    await loop.post();
    await loop.world.transport.next("the attempt before the turn");
    resolveAsIn(loop, each, 1);
    await loop.world.clock.advance(ALL_ATTEMPTS_MS);
    expect(loop.world.transport.requests.map(({ address }) => address)).toEqual(["1.1.1.1"]);
  },
);

const REDIRECTS = SSRF_CASES.flatMap(({ url, redirect }) => (redirect === undefined ? [] : [{ url, redirect }]));

test.each(REDIRECTS)("a $redirect to $url is not followed, on any attempt", async ({ url, redirect }) => {
  await using loop = await createLoop();
  loop.world.transport.otherwise(() => reply(redirect, { headers: [["Location", url]] }));
  const [entry] = await sendTo(loop, ["https://yourapp.example/hook"]);
  expect(entry).toMatchObject({ state: "failed", statusCode: redirect, attempts: 4 });
  expect(loop.world.transport.requests.map((sent) => [sent.url, sent.address])).toEqual(
    Array.from({ length: 4 }, () => ["https://yourapp.example/hook", PUBLIC_ADDRESS]),
  );
});

const HARMLESS = SSRF_CASES.filter((each) => each.expect === "allow" || isHarmlessTarget(each));

test.each(HARMLESS.map((each) => [each.url, each] as const))(
  "%s is sent to, at the first of its addresses",
  async (url, each) => {
    await using loop = await createLoop();
    resolveAsIn(loop, each);
    expect(await sendTo(loop, [url])).toMatchObject([{ state: "delivered", url }]);
    const itself = isHarmlessTarget(each) ? PUBLIC_ADDRESS : new URL(url).hostname.replace(/[[\]]/g, "");
    const first = answersOf(each)[0]?.[0] ?? itself;
    expect(loop.world.transport.requests.map(({ address }) => address)).toEqual([first]);
  },
);

test("every case of the corpus is sent to here", () => {
  expect([REFUSED.length, TURNING.length, REDIRECTS.length, HARMLESS.length]).toEqual([187, 2, 6, 38]);
});
