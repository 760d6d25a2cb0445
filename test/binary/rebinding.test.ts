import { beforeAll, expect, test } from "bun:test";
import { type Binary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { countConnections } from "../support/connection-counter.ts";
import { type DnsQuestion, type DnsRecords, startDnsServer } from "../support/dns-server.ts";
import { ruleOf, writeRows, writtenDeliveries } from "../support/handwritten-rows.ts";
import { settingsForNamesOf } from "../support/own-names.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { shimProblem } from "../support/shim.ts";
import { RULES, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const problem = shimProblem();
const named = problem === null ? "" : ` (${problem})`;

const OPEN: DnsRecords = { A: ["127.0.0.1"], AAAA: "nxdomain", ttlSeconds: 0 };
const TURNS: readonly DnsRecords[] = [
  { A: ["127.0.0.2"] },
  { A: ["127.0.0.1", "127.0.0.3"] },
  { A: ["127.0.0.1"], AAAA: ["::1"] },
  { A: "nxdomain", AAAA: ["::ffff:127.0.0.1"] },
  { A: ["0.0.0.0"] },
  { A: ["127.0.0.2"], cname: "localhost" },
];
const NAMES = 200;

/** `stays.test` is always open, `turnN.test` for its first look-up alone. */
function zone({ name, number }: DnsQuestion): DnsRecords | undefined {
  const turn = /^turn(\d+)\.test$/.exec(name)?.[1];
  if (turn === undefined) return name === "stays.test" ? OPEN : undefined;
  return number === 1 ? OPEN : { ...TURNS[Number(turn) % TURNS.length], ttlSeconds: 0 };
}

test.skipIf(problem !== null)(
  `${NAMES} names that turn inwards after their webhooks were saved: the binary sends to none of them any more${named}`,
  async () => {
    using place = emptyPlace();
    await using server = await startDnsServer(zone);
    await using receiver = startReceiver();
    using elsewhere = countConnections([receiver.port], ["127.0.0.2", "127.0.0.3", "::1"]);
    await using posthorn = await startBinary(place, {
      ...settingsForNamesOf(server, place),
      ...{ POSTHORN_ALLOW_PRIVATE_CIDRS: "127.0.0.1/32", POSTHORN_RETRY_SCHEDULE: "none" },
    });
    const hosts = ["stays.test", ...Array.from({ length: NAMES }, (_, turn) => `turn${turn}.test`)];
    const statuses = await Promise.all(
      hosts.map((host) => statusOfSaving(posthorn, `http://${host}:${receiver.port}/`)),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));

    let sent = 0;
    let events = 0;
    await until("every name has turned", async () => {
      await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
      const ends = await writtenDeliveries(posthorn);
      events += 1;
      const delivered = ends.filter(({ status }) => status === "delivered");
      sent += delivered.length;
      expect(ends.filter((each) => ruleOf(each) !== null).length).toBe(hosts.length - delivered.length);
      expect(delivered.some(({ url }) => url.startsWith("http://stays.test:"))).toBe(true);
      return delivered.length === 1;
    });
    expect([receiver.requests.length, elsewhere.connections]).toEqual([sent, 0]);
    process.stdout.write(`${events} events to ${hosts.length} names, ${sent} sent, 0 forbidden connections\n`);
  },
  30_000,
);

const BY_NAME = SSRF_CASES.filter(({ dns, expect: end }) => dns !== undefined && end === "refuse");

/** The last of what the case's name resolves to. */
function recordsOf({ dns }: SsrfCase): DnsRecords {
  const { A = [], AAAA = [] } = dns?.sequence?.at(-1) ?? dns?.atDelivery ?? dns ?? {};
  return { A, AAAA };
}

test.skipIf(problem !== null)(
  `the corpus's names that lead inside are refused by the binary, at saving and at sending${named}`,
  async () => {
    using place = emptyPlace();
    const records = BY_NAME.map((each) => [new URL(each.url).hostname, recordsOf(each)] as const);
    await using server = await startDnsServer(Object.fromEntries(records));
    const urls = BY_NAME.map(({ url }) => url);
    await writeRows(place, urls);
    using watch = countConnections([80]);
    const before = watch.connections;
    await using posthorn = await startBinary(place, settingsForNamesOf(server, place));
    const ends = new Map((await writtenDeliveries(posthorn)).map((each) => [each.url, ruleOf(each) ?? each.status]));
    const isByRule = ({ url, class: kind }: SsrfCase) => RULES[kind]?.some((rule) => rule === ends.get(url)) ?? false;
    expect(BY_NAME.filter((each) => !isByRule(each)).map(({ url }) => [url, ends.get(url)])).toEqual([]);
    for (const url of urls) expect([url, await statusOfSaving(posthorn, url)]).toEqual([url, 422]);
    expect(watch.connections).toBe(before);
  },
);

test.skipIf(problem !== null)(
  `a name server that keeps one name waiting holds up the webhooks of no other${named}`,
  async () => {
    using place = emptyPlace();
    const silent: DnsRecords = { A: "silent", AAAA: "silent" };
    await using server = await startDnsServer(({ name }) => (name === "slow.test" ? silent : OPEN));
    await using receiver = startReceiver();
    const hosts = Array.from({ length: 50 }, (_, index) => `n${index}.test`);
    const urls = ["slow.test", ...hosts, "slow.test"].map((host) => `http://${host}:${receiver.port}/`);
    await writeRows(place, urls);
    await using _ = await startBinary(place, {
      ...{ ...settingsForNamesOf(server, place), POSTHORN_ALLOW_PRIVATE_CIDRS: "127.0.0.1/32" },
      POSTHORN_RETRY_SCHEDULE: "1h",
    });
    await until("all others are sent to", () => receiver.requests.length === hosts.length);
    expect(server.asked.filter((name) => name === "slow.test").length).toBeGreaterThan(0);
    expect(receiver.requests.filter(({ headers }) => headers["host"]?.startsWith("slow.test"))).toEqual([]);
  },
);

async function statusOfSaving({ api }: Binary, url: string): Promise<number> {
  return (await api("POST", "/api/webhooks", { url, events: ["*"] })).status;
}
