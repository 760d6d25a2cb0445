import { beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { carriersOf, ipv4Hosts, ipv6Spellings } from "../support/address-spellings.ts";
import { type Binary, type BinaryAnswer, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { type ConnectionCounter, countConnections } from "../support/connection-counter.ts";
import { ruleOf, writeRows, writtenDeliveries } from "../support/handwritten-rows.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { isHarmlessTarget, RULES, SSRF_CASES, type SsrfCase } from "../support/ssrf-cases.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** What a name resolves to is told by a table elsewhere; here nobody is asked. */
const REFUSED = SSRF_CASES.filter(
  (each) => each.expect === "refuse" && each.dns === undefined && !isHarmlessTarget(each),
);
/** Whatever the URLs of the corpus name, and what they mean when they name none. */
const PORTS = new Set([80, 443, ...REFUSED.flatMap(({ url }) => Number(URL.parse(url)?.port) || [])]);

test("URLs written straight into the database are judged when they are sent to: every delivery fails by its rule, no connection is opened", async () => {
  using place = emptyPlace();
  await writeRows(
    place,
    REFUSED.map(({ url }) => url),
  );
  using counter = countConnections(PORTS);
  await expectCounting(counter);
  const before = counter.connections;

  await using posthorn = await startBinary(place);
  const ends = new Map((await writtenDeliveries(posthorn)).map((each) => [each.url, ruleOf(each) ?? each.status]));
  const isByRule = ({ url, class: kind }: SsrfCase) => RULES[kind]?.some((rule) => rule === ends.get(url)) ?? false;
  expect(REFUSED.filter((each) => !isByRule(each)).map(({ url }) => [url, ends.get(url)])).toEqual([]);
  expect(counter.connections).toBe(before);
  process.stdout.write(
    `${REFUSED.length} refused URLs, ${PORTS.size - counter.missed.length} ports watched, 0 connections\n`,
  );
});

const OPENED = "127.0.0.1";
const SHUT = ["127.0.0.2", "127.0.0.0", "0.0.0.0", "169.254.169.254", "10.0.0.1"];
const SHUT_IPV6 = ["::1", "::", ...[OPENED, "127.0.0.2", "169.254.169.254"].flatMap(carriersOf)];

test(`with ${OPENED}/32 open, that address is met in every spelling, at saving and at sending, and no other one`, async () => {
  using place = emptyPlace();
  await using receiver = startReceiver();
  using elsewhere = countConnections([receiver.port], ["127.0.0.2", "127.0.0.3", "::1"]);
  const urlOf = (host: string) => `http://${host}:${receiver.port}/`;
  const open = ipv4Hosts(OPENED).map(urlOf);
  const shutHosts = [...SHUT.flatMap(ipv4Hosts), ...SHUT_IPV6.flatMap(ipv6Spellings).map((each) => `[${each}]`)];
  const shut = [...new Set(shutHosts)].map(urlOf);
  await writeRows(place, [...open, ...shut]);

  await using posthorn = await startBinary(place, {
    ...{ POSTHORN_ALLOW_PRIVATE_CIDRS: `${OPENED}/32`, POSTHORN_RETRY_SCHEDULE: "none" },
    POSTHORN_MAX_WEBHOOKS: "10000",
  });
  const deliveries = await writtenDeliveries(posthorn);
  const delivered = deliveries.filter(({ status }) => status === "delivered").map(({ url }) => url);
  expect(new Set(delivered)).toEqual(new Set(open));
  expect(deliveries.filter((each) => ruleOf(each) === null).length).toBe(open.length);
  for (const url of open) expect([url, (await save(posthorn, url)).status]).toEqual([url, 201]);
  for (const url of shut) expect([url, (await save(posthorn, url)).error?.code]).toEqual([url, "url_blocked"]);
  expect([receiver.requests.length, elsewhere.connections]).toEqual([open.length, 0]);
  process.stdout.write(`${open.length} spellings of ${OPENED} met, ${shut.length} of others refused\n`);
});

test("a redirect is not followed, wherever it leads: inside, to a file, to an allowed receiver, to itself, nowhere", async () => {
  using place = emptyPlace();
  await using target = startReceiver();
  const corpus = SSRF_CASES.flatMap(({ url, redirect }) => (redirect === undefined ? [] : [{ url, status: redirect }]));
  const others = [`${target.origin}/elsewhere`, "http://[::1]/", "http://169.254.169.254/", "/", "", "::"];
  const redirects = [...corpus, ...others.map((url) => ({ url, status: 302 }))];
  await using receiver = startReceiver(({ path }) => {
    const { url = "", status = 500 } = redirects[Number(path.slice(1))] ?? {};
    return { status, headers: { Location: url } };
  });
  await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_RETRY_SCHEDULE: "100ms" });
  for (const index of redirects.keys()) expect((await save(posthorn, `${receiver.origin}/${index}`)).status).toBe(201);
  await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
  const ends = new Map((await writtenDeliveries(posthorn)).map((each) => [each.url, each]));
  for (const [index, { status }] of redirects.entries()) {
    const end = ends.get(`${receiver.origin}/${index}`);
    expect(end).toMatchObject({ status: "failed", status_code: status, attempts: 2 });
  }
  expect([receiver.requests.length, target.requests.length]).toEqual([2 * redirects.length, 0]);
});

function save({ api }: Binary, url: string): Promise<BinaryAnswer<unknown>> {
  return api("POST", "/api/webhooks", { url, events: ["*"] });
}

/** A counter that counts nothing proves nothing. */
async function expectCounting(counter: ConnectionCounter): Promise<void> {
  const watched = [...PORTS].find((port) => !counter.missed.includes(port));
  if (watched === undefined) throw new Error("none of the corpus's ports could be watched");
  const before = counter.connections;
  const visitor = connect(watched, "127.0.0.1");
  await until("a connection is counted", () => counter.connections > before);
  visitor.destroy();
}
