import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createGuard } from "../../src/delivery/guard.ts";
import type { NetworkPolicy } from "../../src/domain/address.ts";
import { type Cidr, parseCidr } from "../../src/domain/ip.ts";
import { DNS_CACHE_MAX, JUDGED_URLS_MAX } from "../../src/limits.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { isPublicElsewhere } from "../support/independent-judge.ts";
import { createTableResolver } from "../support/table-resolver.ts";

const PUBLIC = "93.184.215.14";

/** A guard whose resolver answers with a public address for every name that a test does not set. */
function setUp({ allow = [], ...policy }: { allow?: readonly string[] } & Partial<NetworkPolicy> = {}) {
  const clock = createFakeClock();
  const resolver = createTableResolver(clock, [PUBLIC]);
  const allowPrivateCidrs = allow.map(parseCidr).filter((range): range is Cidr => range !== null);
  const guard = createGuard({
    resolver,
    clock,
    policy: { allowPrivateCidrs, allowHosts: [], ownTargets: [], ...policy },
  });
  /** The addresses to connect to, or why not. */
  const verdictOf = async (url: string) => {
    const passage = await guard.judge(url);
    if (passage.ok) return passage.addresses;
    return passage.kind === "blocked" ? passage.rule : passage.kind;
  };
  return { clock, resolver, guard, verdictOf };
}

describe("a name", () => {
  test("is refused for one bad address among many, of either family, wherever it stands", async () => {
    const { resolver, verdictOf } = setUp();
    resolver.set("first.test", ["10.0.0.1", "1.1.1.1"]);
    resolver.set("last.test", [...Array<string>(499).fill("1.1.1.1"), "10.0.0.1"]);
    resolver.set("other.test", ["1.1.1.1", "fd00::1"]);
    resolver.set("rubbish.test", ["1.1.1.1", "fe80::1%eth0"]);
    expect(await verdictOf("https://first.test/")).toBe("private");
    expect(await verdictOf("https://last.test/")).toBe("private");
    expect(await verdictOf("https://other.test/")).toBe("private");
    expect(await verdictOf("https://rubbish.test/")).toBe("invalid");
  });

  test("gives at most three different addresses, IPv4 first", async () => {
    const { resolver, verdictOf } = setUp();
    resolver.set("many.test", ["2a00::1", "1.1.1.1", "1.1.1.1", "2a00::2", "1.0.0.1"]);
    expect(await verdictOf("https://many.test/")).toEqual(["1.1.1.1", "1.0.0.1", "2a00::1"]);
  });

  test("without an address is unresolved, which is not blocked", async () => {
    const { resolver, verdictOf } = setUp();
    resolver.set("absent.test", "not_found");
    resolver.set("failing.test", "failed");
    resolver.set("empty.test", []);
    for (const name of ["absent.test", "failing.test", "empty.test"]) {
      expect([name, await verdictOf(`https://${name}/`)]).toEqual([name, "unresolved"]);
    }
  });

  test("is looked up without its trailing dot, in lower case", async () => {
    const { resolver, verdictOf } = setUp();
    resolver.set("example.com", ["1.1.1.1"]);
    expect(await verdictOf("https://EXAMPLE.com.:8443/hook")).toEqual(["1.1.1.1"]);
  });

  test("is not looked up when its URL is refused anyway, and a literal address never is", async () => {
    const { resolver, verdictOf } = setUp();
    await Promise.all(
      ["http://localhost/", "http://app/", "ftp://a.test/", "http://1.1.1.1/", "http://10.0.0.1/"].map(verdictOf),
    );
    expect(resolver.lookUps()).toBe(0);
  });

  test("that is turned inwards later is refused as soon as its answer has run out", async () => {
    const { clock, resolver, verdictOf } = setUp();
    resolver.set("rebind.test", ["1.1.1.1"], { ttlMs: 0 });
    expect(await verdictOf("https://rebind.test/")).toEqual(["1.1.1.1"]);
    resolver.set("rebind.test", ["127.0.0.1"], { ttlMs: 0 });
    await clock.advance(999);
    expect(await verdictOf("https://rebind.test/")).toEqual(["1.1.1.1"]);
    await clock.advance(1);
    expect(await verdictOf("https://rebind.test/")).toBe("loopback");
  });
});

describe("an answer", () => {
  test.each([
    [0, 1_000],
    [7_000, 7_000],
    [86_400_000, 30_000],
    [(2 ** 32 - 1) * 1_000, 30_000],
    [-1, 1_000],
  ])("with a lifetime of %d ms is kept for %d ms", async (ttlMs, keptMs) => {
    const { clock, resolver, verdictOf } = setUp();
    resolver.set("a.test", [PUBLIC], { ttlMs });
    await verdictOf("https://a.test/");
    await clock.advance(keptMs - 1);
    await verdictOf("https://a.test/");
    expect(resolver.lookUps("a.test")).toBe(1);
    await clock.advance(1);
    await verdictOf("https://a.test/");
    expect(resolver.lookUps("a.test")).toBe(2);
  });

  test("that is a failure is kept for one second", async () => {
    const { clock, resolver, verdictOf } = setUp();
    resolver.set("a.test", "failed");
    await verdictOf("https://a.test/");
    await clock.advance(999);
    expect(await verdictOf("https://a.test/")).toBe("unresolved");
    expect(resolver.lookUps("a.test")).toBe(1);
    resolver.set("a.test", [PUBLIC]);
    await clock.advance(1);
    expect(await verdictOf("https://a.test/")).toEqual([PUBLIC]);
  });

  test("does not notice that the wall clock is set", async () => {
    const { clock, resolver, verdictOf } = setUp();
    await verdictOf("https://a.test/");
    clock.stepWall(86_400_000);
    await verdictOf("https://a.test/");
    expect(resolver.lookUps("a.test")).toBe(1);
  });

  test("is shared by all who ask for the name meanwhile, and each is told how long it waited", async () => {
    const { clock, resolver, guard } = setUp();
    resolver.set("slow.test", [PUBLIC], { delayMs: 200 });
    const first = guard.judge("https://slow.test/a");
    await clock.advance(150);
    const second = guard.judge("http://slow.test:8080/b");
    await clock.advance(50);
    expect(await first).toMatchObject({ ok: true, dnsMs: 200 });
    expect(await second).toMatchObject({ ok: true, dnsMs: 50 });
    expect(await guard.judge("https://slow.test/c")).toMatchObject({ ok: true, dnsMs: null });
    expect(resolver.lookUps("slow.test")).toBe(1);
  });

  test("that never comes holds up no other name", async () => {
    const { resolver, guard, verdictOf } = setUp();
    resolver.set("hanging.test", "hang");
    void guard.judge("https://hanging.test/");
    expect(await verdictOf("https://quick.test/")).toEqual([PUBLIC]);
  });

  test("makes room for newer ones: the memory of names is bounded", async () => {
    const { resolver, verdictOf } = setUp();
    for (let index = 0; index <= DNS_CACHE_MAX; index += 1) await verdictOf(`https://n${index}.test/`);
    await verdictOf("https://n1.test/");
    expect(resolver.lookUps()).toBe(DNS_CACHE_MAX + 1);
    await verdictOf("https://n0.test/");
    expect(resolver.lookUps()).toBe(DNS_CACHE_MAX + 2);
  });

  test("that was found anew is not the next to make room", async () => {
    const { clock, resolver, verdictOf } = setUp();
    for (let index = 0; index < DNS_CACHE_MAX; index += 1) await verdictOf(`https://n${index}.test/`);
    await clock.advance(30_000);
    await verdictOf("https://n0.test/");
    await verdictOf("https://new.test/");
    await verdictOf("https://n0.test/");
    expect(resolver.lookUps("n0.test")).toBe(2);
  });
});

describe("what the operator opened", () => {
  test("is an address behind a name only when the name looks public or is allowed too", async () => {
    const { resolver, verdictOf } = setUp({ allow: ["10.1.2.0/24"], allowHosts: ["app"] });
    for (const name of ["app", "other", "app.test"]) resolver.set(name, ["10.1.2.3"]);
    expect(await verdictOf("http://app/")).toEqual(["10.1.2.3"]);
    expect(await verdictOf("http://app.test/")).toEqual(["10.1.2.3"]);
    expect(await verdictOf("http://other/")).toBe("single_label");
  });

  test("is no way round for an allowed name whose address is not", async () => {
    const { resolver, verdictOf } = setUp({ allow: ["127.0.0.1/32"], allowHosts: ["localhost", "app"] });
    resolver.set("localhost", ["127.0.0.1", "::1"]);
    resolver.set("app", ["169.254.169.254"]);
    expect(await verdictOf("http://localhost/")).toBe("loopback");
    expect(await verdictOf("http://app/")).toBe("metadata");
  });

  test("127.0.0.1/32 is that address alone", async () => {
    const { verdictOf } = setUp({ allow: ["127.0.0.1/32"] });
    expect(await verdictOf("http://127.0.0.1:3000/")).toEqual(["127.0.0.1"]);
    expect(await verdictOf("http://2130706433/")).toEqual(["127.0.0.1"]);
    expect(await verdictOf("http://[::1]/")).toBe("loopback");
    expect(await verdictOf("http://[::ffff:127.0.0.1]/")).toBe("embedded");
    expect(await verdictOf("http://0.0.0.0/")).toBe("this_network");
    expect(await verdictOf("http://127.0.0.2/")).toBe("loopback");
    expect(await verdictOf("http://169.254.169.254/")).toBe("metadata");
  });
});

describe("a refusal", () => {
  test("names the setting that would let a literal address pass, and that setting does", async () => {
    for (const url of ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "http://[::ffff:7f00:1]/"]) {
      const passage = await setUp().guard.judge(url);
      const [opening] = !passage.ok && passage.kind === "blocked" ? passage.openings : [];
      expect(opening?.setting).toBe("POSTHORN_ALLOW_PRIVATE_CIDRS");
      expect(await setUp({ allow: [opening?.entries ?? ""] }).guard.judge(url)).toMatchObject({ ok: true });
    }
  });

  test("never tells what a name resolved to", async () => {
    const { resolver, guard } = setUp();
    resolver.set("inside.test", ["10.11.12.13"]);
    const passage = await guard.judge("http://inside.test/");
    expect(passage).toMatchObject({ ok: false, rule: "private", openings: [{ entries: null }] });
    expect(JSON.stringify(passage)).not.toContain("10.11");
  });
});

test("the same text gives the same URL, as long as it is not one of too many", async () => {
  const { guard } = setUp();
  const urlOf = async (text: string) => {
    const passage = await guard.judge(text);
    return passage.ok ? passage.url : null;
  };
  const first = await urlOf("https://1.1.1.1/first");
  expect(first?.href).toBe("https://1.1.1.1/first");
  expect(await urlOf("https://1.1.1.1/first")).toBe(first);
  for (let n = 0; n < JUDGED_URLS_MAX; n++) await urlOf(`https://1.1.1.1/${n}`);
  const again = await urlOf("https://1.1.1.1/first");
  expect(again?.href).toBe("https://1.1.1.1/first");
  expect(again).not.toBe(first);
});

describe("Posthorn itself", () => {
  const own = { allow: ["127.0.0.0/8", "::1", "0.0.0.0", "10.0.0.5"], allowHosts: ["localhost"] };

  test("is no target at the address and port that it listens on, however they are reached", async () => {
    const { resolver, guard, verdictOf } = setUp({ ...own, ownTargets: [{ host: "127.0.0.1", port: 8787 }] });
    resolver.set("localhost", ["127.0.0.1", "::1"]);
    resolver.set("sneaky.test", ["1.1.1.1", "127.0.0.1"]);
    for (const host of ["127.0.0.1", "127.9.9.9", "0.0.0.0", "[::1]", "localhost", "sneaky.test"]) {
      expect([host, await verdictOf(`http://${host}:8787/api/events`)]).toEqual([host, "own_address"]);
    }
    expect(await guard.judge("http://127.0.0.1:8787/")).toMatchObject({ openings: [] });
    expect(await verdictOf("http://localhost:3000/")).toEqual(["127.0.0.1", "::1"]);
  });

  test("is known from the moment it listens, also when the port was not known before", async () => {
    const { resolver, guard, verdictOf } = setUp(own);
    resolver.set("sneaky.test", ["127.0.0.1"]);
    const urls = ["http://127.0.0.1:40001/", "http://sneaky.test:40001/"];
    for (const url of urls) expect([url, await verdictOf(url)]).toEqual([url, ["127.0.0.1"]]);
    guard.shun([{ host: "127.0.0.1", port: 40_001 }]);
    for (const url of urls) expect([url, await verdictOf(url)]).toEqual([url, "own_address"]);
  });
});

test("whatever addresses a name has, what is connected to is public for ipaddr.js too", async () => {
  const hosts = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(hosts, async (addresses) => {
      const { resolver, guard } = setUp();
      resolver.set("any.test", addresses);
      const passage = await guard.judge("https://any.test/");
      if (!passage.ok) return;
      expect(addresses.filter((address) => !isPublicElsewhere(address))).toEqual([]);
      for (const address of passage.addresses) expect(addresses).toContain(address);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
