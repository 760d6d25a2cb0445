import { expect, test } from "bun:test";
import { DNS_FAILURE_TTL_MS, DNS_TTL_MIN_MS } from "../../src/limits.ts";
import { countConnections } from "../support/connection-counter.ts";
import { type DnsQuestion, type DnsRecords, startDnsServer } from "../support/dns-server.ts";
import { type GuardedSending, OPEN_ADDRESS, startGuardedSending } from "../support/guarded-sending.ts";
import { startReceiver } from "../support/receiver.ts";

/** Where nothing may ever arrive; whoever listens there counts who does. */
const WATCHED = ["127.0.0.2", "127.0.0.3", "::1"];
/** An answer that there is no AAAA would be remembered, and no turn of it be seen. */
const OPEN: DnsRecords = { A: [OPEN_ADDRESS], AAAA: "nxdomain", ttlSeconds: 0 };

/** What a name is turned to when it has been vetted, each with the rule that must see it. */
const TURNS: readonly (DnsRecords & { readonly rule: string })[] = [
  { A: ["127.0.0.2"], AAAA: [], rule: "loopback" },
  { A: [OPEN_ADDRESS, "127.0.0.3"], AAAA: [], rule: "loopback" },
  { A: ["127.0.0.2", OPEN_ADDRESS], AAAA: [], rule: "loopback" },
  { A: [OPEN_ADDRESS], AAAA: ["::1"], rule: "loopback" },
  { A: [], AAAA: ["::1"], rule: "loopback" },
  { A: [], AAAA: ["::ffff:127.0.0.1"], rule: "embedded" },
  { A: ["0.0.0.0"], AAAA: [], rule: "this_network" },
  { A: ["169.254.169.254"], AAAA: [], rule: "metadata" },
  { A: ["10.0.0.1"], AAAA: "servfail", rule: "private" },
  { A: "nxdomain", AAAA: ["fd00::1"], rule: "private" },
  { A: ["127.0.0.2"], AAAA: [], cname: "inside.corp", rule: "loopback" },
  { A: ["127.0.0.2"], AAAA: [], owner: OPEN_ADDRESS, rule: "loopback" },
];

const REBINDINGS = 10_000;
const AT_ONCE = 100;
const REBINDINGS_MAX_MS = 60_000;

test(
  `${REBINDINGS.toLocaleString("en")} names that are public for one look-up and turned inwards for the next: no forbidden connection is made`,
  async () => {
    await using server = await startDnsServer(turnedAfterFirst);
    await using receiver = startReceiver();
    using watch = countConnections([receiver.port], WATCHED);
    await using sending = startGuardedSending(server);
    for (let first = 0; first < REBINDINGS; first += AT_ONCE) {
      const turns = Array.from({ length: AT_ONCE }, (_, at) => first + at);
      const urls = turns.map((turn) => `http://n${turn}.test:${receiver.port}/`);
      expect(new Set(await ends(sending, urls))).toEqual(new Set([200]));
      sending.age(DNS_TTL_MIN_MS);
      expect(await ends(sending, urls)).toEqual(turns.map((turn) => TURNS[turn % TURNS.length]?.rule ?? ""));
    }
    expect(new Set(sending.addresses)).toEqual(new Set([OPEN_ADDRESS]));
    expect([receiver.requests.length, watch.connections]).toEqual([REBINDINGS, 0]);
    process.stdout.write(`${REBINDINGS} rebindings, ${server.asked.length} questions, 0 forbidden connections\n`);
  },
  REBINDINGS_MAX_MS,
);

function turnedAfterFirst({ name, number }: DnsQuestion): DnsRecords | undefined {
  const turn = /^n(\d+)\.test$/.exec(name)?.[1];
  if (turn === undefined) return undefined;
  return number === 1 ? OPEN : { ...TURNS[Number(turn) % TURNS.length], ttlSeconds: 0 };
}

const MANY = Array.from({ length: 499 }, (_, index) => `1.1.${index >> 8}.${index & 255}`);
const HUGE = Array.from({ length: 3_999 }, (_, index) => `1.2.${index >> 8}.${index & 255}`);

test.each<[what: string, records: DnsRecords, end: number | string]>([
  ["one bad address among good ones", { A: [OPEN_ADDRESS, "127.0.0.2", OPEN_ADDRESS] }, "loopback"],
  ["a good address of one family and a bad one of the other", { A: [OPEN_ADDRESS], AAAA: ["::1"] }, "loopback"],
  ["an alias of a name inside", { A: ["127.0.0.2"], cname: "localhost" }, "loopback"],
  ["an alias that leads out", { A: [OPEN_ADDRESS], cname: "hooks.example" }, 200],
  ["nothing", { A: [], AAAA: [] }, "unresolved"],
  ["no such name", { A: "nxdomain", AAAA: "nxdomain" }, "unresolved"],
  ["SERVFAIL", { A: "servfail", AAAA: "servfail" }, "unresolved"],
  ["SERVFAIL for one family and a bad address of the other", { A: "servfail", AAAA: ["::1"] }, "loopback"],
  ["500 addresses, the last of them bad", { A: [...MANY, "127.0.0.2"] }, "loopback"],
  ["4,000 addresses in 64 KB, the last of them bad", { A: [...HUGE, "127.0.0.2"] }, "loopback"],
  [
    "an answer that is cut off, of what is left of it one is bad",
    { A: [OPEN_ADDRESS, "127.0.0.2"], isCutOff: true },
    "loopback",
  ],
  ["a bad address of the family that was not asked for", { A: [OPEN_ADDRESS, "::1"] }, 200],
  ["addresses of another name, which are bad", { A: ["127.0.0.2"], owner: "else.test" }, "loopback"],
  ["a lifetime of 136 years", { A: [OPEN_ADDRESS], ttlSeconds: 2 ** 32 - 1 }, 200],
])("a name server that answers with %s", async (_, records, end) => {
  await using server = await startDnsServer({ "any.test": records });
  await using receiver = startReceiver();
  using watch = countConnections([receiver.port], WATCHED);
  await using sending = startGuardedSending(server);
  expect(await ends(sending, [`http://any.test:${receiver.port}/`])).toEqual([end]);
  expect([receiver.requests.length, watch.connections]).toEqual([end === 200 ? 1 : 0, 0]);
});

test("a name that did not exist and then leads inside is refused", async () => {
  const none: DnsRecords = { A: "nxdomain", AAAA: "nxdomain" };
  await using server = await startDnsServer(({ number }) => (number === 1 ? none : { A: ["127.0.0.2"] }));
  await using sending = startGuardedSending(server);
  expect(await ends(sending, ["http://late.test/"])).toEqual(["unresolved"]);
  sending.age(DNS_FAILURE_TTL_MS);
  expect(await ends(sending, ["http://late.test/"])).toEqual(["loopback"]);
  expect(sending.addresses).toEqual([]);
});

test("a name server that keeps one name waiting holds up no other", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using server = await startDnsServer(({ name }) => (name === "slow.test" ? { ...OPEN, after: released } : OPEN));
  await using receiver = startReceiver();
  await using sending = startGuardedSending(server);
  const slow = ends(sending, [`http://slow.test:${receiver.port}/slow`]);
  const others = Array.from({ length: 50 }, (_, index) => `http://n${index}.test:${receiver.port}/`);
  expect(new Set(await ends(sending, others))).toEqual(new Set([200]));
  expect(receiver.requests.filter(({ path }) => path === "/slow")).toEqual([]);
  release();
  expect(await slow).toEqual([200]);
});

/** For each URL the status of its answer, or what the guard said instead. */
async function ends(sending: GuardedSending, urls: readonly string[]): Promise<readonly (number | string)[]> {
  const replies = await Promise.all(urls.map((url) => sending.send(url)));
  return replies.map(({ outcome }) => {
    if (typeof outcome === "string") return outcome;
    if ("status" in outcome) return outcome.status;
    return outcome.kind === "blocked" ? outcome.rule : outcome.kind;
  });
}
