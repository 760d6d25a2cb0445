import { describe, expect, test } from "bun:test";
import type { OutgoingRequest } from "../../src/world.ts";
import { ManualCutoff, neverCut } from "./cutoff.ts";
import { createFakeClock, FAKE_START } from "./fake-clock.ts";
import { createFakeWorld, PUBLIC_ADDRESS } from "./fake-world.ts";
import { connectTimeout, fail, hang, reply } from "./scripted-reply.ts";
import { createSeededRandom, forEachSeed } from "./seeded-random.ts";

const never = neverCut();

function requestTo(url: string): OutgoingRequest {
  const limits = { connectTimeoutMs: 10_000, responseMaxBytes: 1_024 };
  return { url: new URL(url), address: PUBLIC_ADDRESS, headers: [["X-A", "1"]], body: "{}", ...limits };
}

describe("the fake clock", () => {
  test("wakes timers in order, each at its exact time, also those set on the way", async () => {
    const clock = createFakeClock();
    const woken: [string, number][] = [];
    const note = (name: string) => () => woken.push([name, clock.wall() - FAKE_START]);
    clock.after(200, note("b"));
    clock.after(100, () => {
      note("a")();
      clock.after(100, note("c"));
    });
    await clock.advance(1_000);
    expect(woken).toEqual([
      ["a", 100],
      ["b", 200],
      ["c", 200],
    ]);
    expect(clock.wall()).toBe(FAKE_START + 1_000);
  });

  test("lets a long promise chain end before the next timer", async () => {
    const clock = createFakeClock();
    let links = 0;
    clock.after(1, async () => {
      for (; links < 1_000; links++) await null;
    });
    let seen = -1;
    clock.after(1, () => {
      seen = links;
    });
    await clock.advance(1);
    expect(seen).toBe(1_000);
  });

  test("forgets a cancelled timer and counts the others", async () => {
    const clock = createFakeClock();
    let woken = 0;
    const cancel = clock.after(10, () => woken++);
    clock.after(20, () => woken++);
    cancel();
    expect([clock.pending, clock.nextInMs]).toEqual([1, 20]);
    await clock.advance(20);
    expect([clock.pending, clock.nextInMs, woken]).toEqual([0, null, 1]);
  });

  test("steps the wall clock without the durations noticing", async () => {
    const clock = createFakeClock();
    const before = clock.monotonic();
    clock.stepWall(-3_600_000);
    expect([clock.wall(), clock.monotonic()]).toEqual([FAKE_START - 3_600_000, before]);
  });
});

describe("the seeded random", () => {
  test("repeats itself for the same seed only", () => {
    const draw = (seed: number) => [...createSeededRandom(seed).bytes(8)];
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test("names the seed of the run that failed", async () => {
    const run = forEachSeed(3, async (seed) => {
      if (seed === 3) throw new Error("boom");
    });
    await expect(run).rejects.toThrow("SEED=3 repeats this failure: Error: boom");
  });
});

describe("the scripted transport", () => {
  test("answers by host and by the number of the request, and keeps what was sent", async () => {
    const { transport } = createFakeWorld();
    transport.on("a.test", (_, n) => reply(n === 1 ? 500 : 201, { body: "hello" }));
    const statuses: number[] = [];
    for (const url of ["https://a.test/x", "https://a.test/x", "https://b.test/"]) {
      const exchange = await transport.send(requestTo(url), never);
      if (exchange.ok) statuses.push(exchange.answer.status);
    }
    expect(statuses).toEqual([500, 201, 200]);
    expect(await transport.next("first")).toMatchObject({
      url: "https://a.test/x",
      headers: { "x-a": "1" },
      number: 1,
    });
  });

  test("counts an exchange as in flight until its body was read", async () => {
    const { transport } = createFakeWorld();
    const exchange = await transport.send(requestTo("https://a.test/"), never);
    expect(transport.inFlight()).toBe(1);
    if (exchange.ok) await exchange.answer.read(10, never);
    expect([transport.inFlight(), transport.maxInFlight("https://a.test/")]).toEqual([0, 1]);
  });

  test("hangs until it is cut off, and times a connect out on the fake clock", async () => {
    const { transport, clock } = createFakeWorld();
    transport.on("hangs.test", () => hang());
    transport.on("drops.test", () => connectTimeout());
    const abort = new ManualCutoff();
    const hanging = transport.send(requestTo("https://hangs.test/"), abort);
    const dropping = transport.send(requestTo("https://drops.test/"), never);
    await clock.advance(10_000);
    expect(await dropping).toEqual({ ok: false, failure: "connect_timeout", nothingWritten: true });
    expect(transport.inFlight()).toBe(1);
    abort.cut();
    expect(await hanging).toEqual({ ok: false, failure: "aborted", nothingWritten: false });
  });

  test("tells a refused connect from a reset one", async () => {
    const { transport } = createFakeWorld();
    transport.otherwise((_, n) => fail(n === 1 ? "connect_refused" : "connection_reset"));
    const ends = [
      await transport.send(requestTo("https://a.test/"), never),
      await transport.send(requestTo("https://a.test/"), never),
    ];
    expect(ends.map((end) => !end.ok && [end.failure, end.nothingWritten])).toEqual([
      ["connect_refused", true],
      ["connection_reset", false],
    ]);
  });

  test("cuts, drips and breaks bodies", async () => {
    const { transport, clock } = createFakeWorld();
    transport.on("long.test", () => reply(200, { body: "abcdef" }));
    transport.on("drip.test", () => reply(200, { body: "abcdef", dripMs: 300 }));
    transport.on("broken.test", () => reply(200, { body: "abc", bodyEnd: "broken" }));
    const read = async (host: string, signal = never) => {
      const exchange = await transport.send(requestTo(`https://${host}/`), never);
      if (!exchange.ok) return exchange;
      const { bytes, end } = await exchange.answer.read(4, signal);
      return [new TextDecoder().decode(bytes), end];
    };
    const abort = new ManualCutoff();
    const dripped = read("drip.test", abort);
    clock.after(1_000, () => abort.cut());
    await clock.advance(1_000);
    expect(await dripped).toEqual(["abc", "slow"]);
    expect(await read("long.test")).toEqual(["abcd", "cut"]);
    expect(await read("broken.test")).toEqual(["abc", "broken"]);
    expect(clock.pending).toBe(0);
  });
});

test("the table resolver answers, fails and counts", async () => {
  const { resolver } = createFakeWorld();
  expect(await resolver.resolve("a.test")).toEqual({
    ok: true,
    addresses: [{ address: PUBLIC_ADDRESS, ttlMs: 30_000 }],
  });
  resolver.set("a.test", "failed");
  expect(await resolver.resolve("a.test")).toEqual({ ok: false, reason: "failed" });
  expect([resolver.lookUps("a.test"), resolver.lookUps("b.test"), resolver.lookUps()]).toEqual([2, 0, 2]);
});
