import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHosts } from "../../src/real/hosts-file.ts";
import { createResolver } from "../../src/real/resolver.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";

const NO_HOSTS = "/nonexistent/hosts";

function resolverOf(server: DnsServer) {
  return createResolver({ servers: [server.address], hostsFile: NO_HOSTS });
}

test("the addresses of both families come with their lifetimes", async () => {
  await using server = await startDnsServer({
    "both.test": { A: ["1.1.1.1", "1.0.0.1"], AAAA: ["2606:4700:4700::1111"], ttlSeconds: 7 },
  });
  expect(await resolverOf(server).resolve("both.test")).toEqual({
    ok: true,
    addresses: [
      { address: "1.1.1.1", ttlMs: 7_000 },
      { address: "1.0.0.1", ttlMs: 7_000 },
      { address: "2606:4700:4700::1111", ttlMs: 7_000 },
    ],
  });
});

test("an alias gives the addresses at its end, also private ones: judging them is the guard's work", async () => {
  await using server = await startDnsServer({ "alias.test": { cname: "inside.corp", A: ["10.0.0.7"], ttlSeconds: 0 } });
  expect(await resolverOf(server).resolve("alias.test")).toEqual({
    ok: true,
    addresses: [{ address: "10.0.0.7", ttlMs: 0 }],
  });
});

test("one family is enough, when the other has no data and when it fails", async () => {
  await using server = await startDnsServer({
    "v6only.test": { AAAA: ["2a00::1"] },
    "choking.test": { A: ["1.1.1.1"], AAAA: "servfail" },
  });
  const resolver = resolverOf(server);
  expect(await resolver.resolve("v6only.test")).toMatchObject({ ok: true, addresses: [{ address: "2a00::1" }] });
  expect(await resolver.resolve("choking.test")).toMatchObject({ ok: true, addresses: [{ address: "1.1.1.1" }] });
});

test.each<[name: string, reason: "not_found" | "failed"]>([
  ["absent.test", "not_found"],
  ["empty.test", "not_found"],
  ["servfail.test", "failed"],
  ["half.test", "failed"],
  ["refused.test", "failed"],
])("%s has no address: %s", async (name, reason) => {
  await using server = await startDnsServer({
    "empty.test": { A: [], AAAA: [] },
    "servfail.test": { A: "servfail", AAAA: "servfail" },
    "half.test": { A: [], AAAA: "servfail" },
    "refused.test": { A: "refused", AAAA: "refused" },
  });
  expect(await resolverOf(server).resolve(name)).toEqual({ ok: false, reason });
});

test("a name that did not exist is found as soon as it does, however long its zone said that it would not", async () => {
  const absent = { A: "nxdomain", AAAA: "nxdomain", ttlSeconds: 3_600 } as const;
  await using server = await startDnsServer(({ number }) => (number <= 2 ? absent : { A: ["1.1.1.1"] }));
  const resolver = resolverOf(server);
  for (const _ of [1, 2]) expect(await resolver.resolve("late.test")).toEqual({ ok: false, reason: "not_found" });
  expect(await resolver.resolve("late.test")).toMatchObject({ ok: true, addresses: [{ address: "1.1.1.1" }] });
});

test("a name that had no address is found as soon as it has one", async () => {
  await using server = await startDnsServer(({ number }) => ({ A: number === 1 ? [] : ["1.1.1.1"] }));
  const resolver = resolverOf(server);
  expect(await resolver.resolve("late.test")).toEqual({ ok: false, reason: "not_found" });
  expect(await resolver.resolve("late.test")).toMatchObject({ ok: true, addresses: [{ address: "1.1.1.1" }] });
});

test("that a name has addresses of one family only is remembered no longer than the list of name servers", async () => {
  await using server = await startDnsServer(({ number }) => ({
    A: ["1.1.1.1"],
    AAAA: number === 1 ? [] : ["2a00::1"],
  }));
  const [v4, v6] = [{ address: "1.1.1.1" }, { address: "2a00::1" }];
  const resolver = createResolver({ servers: [server.address], hostsFile: NO_HOSTS, serversMs: 0 });
  expect(await resolver.resolve("growing.test")).toMatchObject({ ok: true, addresses: [v4] });
  expect(await resolver.resolve("growing.test")).toMatchObject({ ok: true, addresses: [v4, v6] });
});

test("an answer too large for a datagram is read whole: its last address may be the private one", async () => {
  const many = Array.from({ length: 500 }, (_, index) => `1.1.${index >> 8}.${index & 255}`);
  await using server = await startDnsServer({ "many.test": { A: [...many, "10.0.0.1"] } });
  const resolution = await resolverOf(server).resolve("many.test");
  const addresses = resolution.ok ? resolution.addresses.map(({ address }) => address) : [];
  expect(new Set(addresses)).toEqual(new Set([...many, "10.0.0.1"]));
});

test("a name whose server is slow holds up no other name", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using server = await startDnsServer({
    "slow.test": { A: ["1.1.1.1"], after: released },
    "quick.test": { A: ["1.0.0.1"] },
  });
  const resolver = resolverOf(server);
  const slow = resolver.resolve("slow.test");
  expect(await resolver.resolve("quick.test")).toMatchObject({ ok: true });
  release();
  expect(await slow).toMatchObject({ ok: true, addresses: [{ address: "1.1.1.1" }] });
});

test("a name whose server takes four seconds is found, and others meanwhile", async () => {
  await using server = await startDnsServer({
    "slow.test": { A: ["1.1.1.1"], AAAA: "nxdomain", knownAfterMs: 4_000 },
    "quick.test": { A: ["1.0.0.1"] },
  });
  const resolver = resolverOf(server);
  const found: string[] = [];
  const find = async (name: string) => {
    expect(await resolver.resolve(name)).toMatchObject({ ok: true });
    found.push(name);
  };
  await Promise.all([find("slow.test"), find("quick.test")]);
  expect(found).toEqual(["quick.test", "slow.test"]);
}, 15_000);

test("1,000 names that are asked for at once are all answered: they are not sent to the server in one burst", async () => {
  await using server = await startDnsServer(() => ({ A: ["1.1.1.1"], AAAA: "nxdomain" }));
  const resolver = resolverOf(server);
  const names = Array.from({ length: 1_000 }, (_, index) => `n${index}.test`);
  const resolutions = await Promise.all(names.map((name) => resolver.resolve(name)));
  expect(resolutions.filter(({ ok }) => !ok)).toEqual([]);
  // Each once per family: nothing was lost and asked for again.
  expect(server.asked.length).toBe(2_000);
});

test("a look-up ends even though no server ever answers", async () => {
  await using server = await startDnsServer({ "silent.test": { A: "silent", AAAA: "silent" } });
  const resolver = createResolver({ servers: [server.address], hostsFile: NO_HOSTS, lookUpMaxMs: 20 });
  expect(await resolver.resolve("silent.test")).toEqual({ ok: false, reason: "failed" });
});

test("a look-up that cannot even be asked has failed, like any other", async () => {
  const resolver = createResolver({ servers: ["no address"], hostsFile: NO_HOSTS });
  expect(await resolver.resolve("a.test")).toEqual({ ok: false, reason: "failed" });
});

test("a name is asked for as it stands: no search list completes it", async () => {
  await using server = await startDnsServer({ app: { A: ["10.0.0.9"] } });
  expect(await resolverOf(server).resolve("app")).toMatchObject({ ok: true });
  expect(new Set(server.asked)).toEqual(new Set(["app"]));
});

test("localhost is this machine without a question to any server", async () => {
  await using server = await startDnsServer({ localhost: { A: ["1.1.1.1"] }, "a.localhost": { A: ["1.1.1.1"] } });
  for (const name of ["localhost", "a.localhost"]) {
    expect(await resolverOf(server).resolve(name)).toMatchObject({
      ok: true,
      addresses: [{ address: "127.0.0.1" }, { address: "::1" }],
    });
  }
  expect(server.asked).toEqual([]);
});

test("the hosts file comes before any server, and a change of it counts from the next look-up on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "posthorn-hosts-"));
  const hostsFile = join(folder, "hosts");
  try {
    await using server = await startDnsServer({ "app.test": { A: ["1.1.1.1"] } });
    const resolver = createResolver({ servers: [server.address], hostsFile });
    const addresses = async () => {
      const resolution = await resolver.resolve("app.test");
      return resolution.ok ? resolution.addresses.map(({ address }) => address) : resolution.reason;
    };
    expect(await addresses()).toEqual(["1.1.1.1"]);
    await writeFile(hostsFile, "10.0.0.5 app.test\n");
    expect(await addresses()).toEqual(["10.0.0.5"]);
    await writeFile(hostsFile, "10.0.0.66 app.test\nfd00::6 app.test\n");
    expect(await addresses()).toEqual(["10.0.0.66", "fd00::6"]);
    await rm(hostsFile);
    await mkdir(hostsFile);
    // It is there and cannot be read, as when there is no descriptor for it: nothing follows about what it lists.
    expect(await addresses()).toEqual(["10.0.0.66", "fd00::6"]);
    await rm(hostsFile, { recursive: true });
    expect(await addresses()).toEqual(["1.1.1.1"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a hosts file's comments, aliases, blanks and capitals are read as hosts(5) has them", () => {
  const text =
    "# all\n127.0.0.1\tlocalhost\n\n  10.0.0.1  App.Test alias # more.test\r\n::1 localhost\n#1.1.1.1 off.test\n";
  expect([...parseHosts(text)]).toEqual([
    ["localhost", ["127.0.0.1", "::1"]],
    ["app.test", ["10.0.0.1"]],
    ["alias", ["10.0.0.1"]],
  ]);
});
