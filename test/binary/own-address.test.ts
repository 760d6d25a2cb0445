import { beforeAll, describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { carriersOf, ipv4Hosts, ipv6Spellings } from "../support/address-spellings.ts";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { freePort } from "../support/free-port.ts";
import { ruleOf, writeRows, writtenDeliveries } from "../support/handwritten-rows.ts";
import { emptyPlace } from "../support/place.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** An operator who opened everything: nothing but the rule of the own address is left. */
const ALL_OPEN = {
  POSTHORN_ALLOW_PRIVATE_CIDRS: "0.0.0.0/0,::/0",
  POSTHORN_ALLOW_HOSTS: "localhost,app.localhost",
  POSTHORN_RETRY_SCHEDULE: "none",
};

const MACHINE = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
const hasIpv6 = MACHINE.some(({ address }) => address === "::1");

/** Hosts that lead to this machine whatever it listens on. */
const LOOPBACK_HOSTS = [
  ...["127.0.0.1", "127.0.0.2", "0.0.0.0"].flatMap(ipv4Hosts),
  ...["::1", "::", ...carriersOf("127.0.0.1")].flatMap(ipv6Spellings).map((address) => `[${address}]`),
  ...["localhost", "LOCALHOST", "localhost.", "app.localhost", "\uff4cocalhost", "%6cocalhost"],
];
/** One of each kind: the rest of the spellings is the URL parser's. */
const SOME_HOSTS = [
  "127.0.0.1",
  "0x7f.2",
  "0",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "localhost",
];
const INTERFACE_HOSTS = MACHINE.filter(({ address }) => !address.startsWith("fe80:")).map(({ address, family }) =>
  family === "IPv6" ? `[${address}]` : address,
);

describe.each([
  ["127.0.0.1", LOOPBACK_HOSTS],
  ["localhost", [...SOME_HOSTS, ...INTERFACE_HOSTS]],
  ["0.0.0.0", [...SOME_HOSTS, ...INTERFACE_HOSTS]],
  ["::", [...SOME_HOSTS, ...INTERFACE_HOSTS]],
  ["0:0::0", [...SOME_HOSTS, ...INTERFACE_HOSTS]],
])("listening on %s, Posthorn's own address is no target", (listening, hosts) => {
  const isPossible = hasIpv6 || !listening.includes(":");
  const named = isPossible ? "" : " (this machine has no IPv6)";

  test.skipIf(!isPossible)(`in any spelling, at saving and at sending${named}`, async () => {
    using place = emptyPlace();
    const port = await freePort();
    const urls = hosts.map((host) => `http://${host}:${port}/api/events`);
    await writeRows(place, urls);
    const settings = { ...ALL_OPEN, POSTHORN_HOST: listening, POSTHORN_PORT: String(port) };
    await using posthorn = await startBinary(place, settings);
    const missed = (await writtenDeliveries(posthorn)).filter((each) => ruleOf(each) !== "own_address");
    expect(missed.map(({ url, error }) => [url, error])).toEqual([]);
    for (const url of urls) expect([url, await ruleAtSaving(posthorn, url)]).toEqual([url, "own_address"]);
    expect(await ruleAtSaving(posthorn, `http://127.0.0.1:${await freePort()}/`)).toBeNull();
  });
});

test("a port that is only known when it is listened on is its own too", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place, ALL_OPEN);
  for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
    const url = `http://${host}:${new URL(posthorn.url).port}/`;
    expect([url, await ruleAtSaving(posthorn, url)]).toEqual([url, "own_address"]);
  }
});

test("the public URL is no target, in any spelling, at saving and at sending, and no name is looked up for it", async () => {
  using place = emptyPlace();
  const urls = [
    ...["https://hooks.example.com/", "https://hooks.example.com/api/events?x#y", "HTTPS://Hooks.EXAMPLE.com.:443/"],
    ...["http://hooks.example.com:443/", "https://hooks\uff0eexample\u3002com/", "https://%68ooks.example.com/"],
    ...["https://hooks.example\u00ad.com/", "https:hooks.example.com/", "https:////hooks.example.com"],
  ];
  await writeRows(place, urls);
  await using posthorn = await startBinary(place, { ...ALL_OPEN, POSTHORN_PUBLIC_URL: "https://hooks.example.com" });
  expect((await writtenDeliveries(posthorn)).map(ruleOf)).toEqual(urls.map(() => "own_address"));
  for (const url of urls) expect([url, await ruleAtSaving(posthorn, url)]).toEqual([url, "own_address"]);
});

test.each(["X-SmartCV-", "X-Acme-"])(
  "a delivery with %s headers that a receiver posts back as an event is a 409, and makes no other",
  async (prefix) => {
    using place = emptyPlace();
    const forwarded: unknown[] = [];
    await using receiver = startReceiver(async (request) => {
      forwarded.push(await forward(request));
      return 200;
    });
    await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_HEADER_PREFIX: prefix });
    const forward = async ({ headers, body }: ReceivedRequest) => {
      const { type, data }: Readonly<Record<string, unknown>> = JSON.parse(body);
      const response = await fetch(`${posthorn.url}/api/events`, {
        method: "POST",
        headers: { ...headers, authorization: `Bearer ${posthorn.adminKey}`, "content-length": "" },
        body: JSON.stringify({ type, data }),
      });
      const { error } = (await response.json()) as { error?: { code: string } };
      return [response.status, error?.code];
    };
    await posthorn.api("POST", "/api/webhooks", { url: receiver.origin, events: ["*"] });
    await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
    await receiver.next("the delivery");
    await writtenDeliveries(posthorn);
    expect(forwarded).toEqual([[409, "loop_detected"]]);
    expect(receiver.requests).toHaveLength(1);
  },
);

/** Null: it was saved. */
async function ruleAtSaving({ api }: Binary, url: string): Promise<string | null> {
  const { status, error } = await api("POST", "/api/webhooks", { url, events: ["*"] });
  if (status === 201) return null;
  return error?.details?.[0]?.rule ?? `status ${status}`;
}
