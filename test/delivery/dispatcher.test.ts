import { expect, test } from "bun:test";
import { POSTHORN } from "../../src/domain/audit.ts";
import { LANE_BUFFER_MAX, LANE_LOW_MARK, POLL_MS } from "../../src/limits.ts";
import type { ReadyDelivery } from "../../src/store/contract.ts";
import { createLoop } from "../support/loop.ts";
import { hang, noDescriptors, reply } from "../support/scripted-reply.ts";

async function ingestMany(loop: Awaited<ReturnType<typeof createLoop>>, count: number): Promise<ReadyDelivery[]> {
  const deliveries: ReadyDelivery[] = [];
  for (let n = 0; n < count; n++) {
    const ingested = await loop.ingest();
    if (ingested.kind === "accepted") deliveries.push(...ingested.deliveries);
  }
  return deliveries;
}

test("a new delivery leaves at once, without waiting for a poll", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  await loop.post();
  await loop.world.clock.settle();
  expect(loop.world.transport.requests).toHaveLength(1);
});

test("a delivery that nobody announced is found by the poll", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  await loop.ingest();
  await loop.world.clock.advance(POLL_MS - 1);
  expect(loop.world.transport.requests).toHaveLength(0);
  await loop.world.clock.advance(1);
  expect(loop.world.transport.requests).toHaveLength(1);
});

test("a delivery that is announced twice, and found by the poll too, is sent once", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  const deliveries = await ingestMany(loop, 1);
  loop.dispatcher.offer(deliveries);
  loop.dispatcher.offer(deliveries);
  await loop.world.clock.advance(10 * POLL_MS);
  loop.dispatcher.offer(deliveries);
  await loop.world.clock.settle();
  expect(loop.world.transport.requests).toHaveLength(1);
});

test("a webhook that hangs gets few requests, and holds none of the others up", async () => {
  await using loop = await createLoop({ concurrency: 64 });
  await loop.webhook({ url: "https://hangs.example/" });
  await loop.webhook({ url: "https://healthy.example/" });
  loop.world.transport.on("hangs.example", () => hang());
  for (let n = 0; n < 200; n++) await loop.post();
  await loop.world.clock.advance(1_000);
  const sentTo = (host: string) => loop.world.transport.requests.filter(({ url }) => url.includes(host)).length;
  expect(sentTo("healthy.example")).toBe(200);
  expect(sentTo("hangs.example")).toBe(2);
  await loop.world.clock.advance(30_000);
  expect(loop.world.transport.inFlight("https://hangs.example/")).toBe(1);
});

test("webhooks that hang, however many, leave slots to one that was quick the last time, also after it was forgotten", async () => {
  await using loop = await createLoop({ concurrency: 8 });
  await loop.webhook({ url: "https://healthy.example/", events: ["user.registered"] });
  for (let n = 0; n < 20; n++) await loop.webhook({ url: `https://hangs.example/${n}`, events: ["resume.created"] });
  const { transport, clock } = loop.world;
  transport.on("hangs.example", () => hang());
  await loop.post({ type: "user.registered" });
  await clock.advance(3 * POLL_MS);
  await loop.post({ type: "resume.created" });
  await clock.advance(1_000);
  expect(transport.maxInFlight()).toBe(6);
  for (let n = 0; n < 5; n++) await loop.post({ type: "user.registered" });
  await clock.advance(1_000);
  expect(transport.requests.filter(({ url }) => url.includes("healthy.example"))).toHaveLength(6);
});

test("a webhook that nobody knows yet has its turn among those that answer, however busy they are", async () => {
  await using loop = await createLoop({ concurrency: 4 });
  await loop.webhook({ url: "https://busy.example/", events: ["resume.created"] });
  await loop.webhook({ url: "https://new.example/", events: ["resume.deleted"] });
  loop.world.transport.otherwise(() => reply(200, { headMs: 100 }));
  for (let n = 0; n < 400; n++) await loop.post();
  await loop.world.clock.advance(1_000);
  for (let n = 0; n < 3; n++) await loop.post({ type: "resume.deleted" });
  await loop.world.clock.advance(400);
  expect(loop.world.transport.requests.filter(({ url }) => url.includes("new.example"))).toHaveLength(3);
});

test("one webhook never has more than its cap in flight, all together never more than the total", async () => {
  await using loop = await createLoop({ concurrency: 24, concurrencyPerWebhook: 16 });
  for (const host of ["a", "b", "c"]) await loop.webhook({ url: `https://${host}.example/` });
  loop.world.transport.otherwise(() => reply(200, { headMs: 100 }));
  for (let n = 0; n < 300; n++) await loop.post();
  await loop.world.clock.advance(60_000);
  const { transport } = loop.world;
  expect(transport.requests).toHaveLength(900);
  expect(transport.maxInFlight()).toBe(24);
  for (const host of ["a", "b", "c"]) expect(transport.maxInFlight(`https://${host}.example/`)).toBeLessThanOrEqual(16);
});

test("a webhook with a long queue leaves the others their turn", async () => {
  await using loop = await createLoop({ concurrency: 4 });
  await loop.webhook({ url: "https://busy.example/", events: ["resume.created"] });
  await loop.webhook({ url: "https://quiet.example/", events: ["resume.deleted"] });
  loop.world.transport.otherwise(() => reply(200, { headMs: 100 }));
  for (let n = 0; n < 400; n++) await loop.post();
  await loop.world.clock.advance(1_000);
  await loop.post({ type: "resume.deleted" });
  await loop.world.clock.advance(200);
  expect(loop.world.transport.requests.filter(({ url }) => url.includes("quiet"))).toHaveLength(1);
});

test("a backlog larger than every buffer is delivered whole, each delivery once, with bounded memory", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  const backlog = 4 * LANE_BUFFER_MAX;
  loop.dispatcher.offer(await ingestMany(loop, backlog));
  expect(loop.dispatcher.facts().buffered).toBeLessThanOrEqual(LANE_BUFFER_MAX);
  let most = 0;
  loop.world.transport.otherwise(() => {
    most = Math.max(most, loop.dispatcher.facts().buffered);
    return reply(200, { headMs: 10 });
  });
  await loop.world.clock.advance(600_000);
  const ids = loop.world.transport.requests.map(({ headers }) => headers["x-smartcv-delivery"]);
  expect(ids).toHaveLength(backlog);
  expect(new Set(ids).size).toBe(backlog);
  expect(most).toBeLessThanOrEqual(LANE_BUFFER_MAX);
});

test("what comes in while a backlog is worked off is delivered too", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.otherwise(() => reply(200, { headMs: 50 }));
  loop.dispatcher.offer(await ingestMany(loop, 3 * LANE_BUFFER_MAX));
  for (let n = 0; n < 50; n++) {
    await loop.post();
    await loop.world.clock.advance(40);
  }
  await loop.world.clock.advance(600_000);
  expect(loop.world.transport.requests).toHaveLength(3 * LANE_BUFFER_MAX + 50);
});

test("first attempts keep a share of the slots while many retries are due", async () => {
  await using loop = await createLoop({ concurrencyPerWebhook: 4 });
  await loop.webhook();
  let broken = true;
  loop.world.transport.otherwise(() => reply(broken ? 500 : 200, { headMs: 100 }));
  for (let n = 0; n < 100; n++) await loop.post();
  await loop.world.clock.advance(2_900);
  broken = false;
  const before = loop.world.transport.requests.length;
  await loop.post();
  await loop.world.clock.advance(400);
  const fresh = loop.world.transport.requests
    .slice(before)
    .filter(({ headers }) => headers["x-smartcv-attempt"] === "1");
  expect(fresh.length).toBeGreaterThanOrEqual(1);
});

test("a webhook that is turned off keeps its deliveries, and goes on when it is turned on again", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => reply(n === 1 ? 500 : 200));
  await loop.post();
  await loop.world.clock.settle();
  await loop.store.updateWebhook("default", webhook.id, { active: false }, loop.world.clock.wall(), POSTHORN);
  loop.dispatcher.recheck(webhook.key);
  await loop.world.clock.advance(3_600_000);
  expect(loop.world.transport.requests).toHaveLength(1);
  await loop.store.updateWebhook("default", webhook.id, { active: true }, loop.world.clock.wall(), POSTHORN);
  loop.dispatcher.recheck(webhook.key);
  await loop.world.clock.settle();
  expect(loop.world.transport.requests).toHaveLength(2);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "delivered", attempts: 2 });
});

test("of a webhook that is turned off or deleted nothing is held in memory until it would have been due", async () => {
  await using loop = await createLoop({ retryScheduleMs: [7 * 86_400_000] });
  const { clock, transport } = loop.world;
  const [off, gone] = [await loop.webhook(), await loop.webhook()];
  transport.otherwise(() => reply(500));
  for (let n = 0; n < 10; n++) await loop.post();
  await clock.settle();
  expect(loop.dispatcher.facts().buffered).toBe(20);
  await loop.store.updateWebhook("default", off.id, { active: false }, clock.wall(), POSTHORN);
  await loop.store.deleteWebhook("default", gone.id, clock.wall(), POSTHORN);
  for (const { key } of [off, gone]) loop.dispatcher.recheck(key);
  await clock.settle();
  expect(loop.dispatcher.facts().buffered).toBe(0);
});

test("what a turned-off webhook missed does not wait for polls, whatever else of it is due much later", async () => {
  const hoursAwayMs = 6 * 3_600_000;
  const missed = LANE_BUFFER_MAX - LANE_LOW_MARK;
  await using loop = await createLoop({ retryScheduleMs: [60_000, hoursAwayMs] });
  const { clock, transport } = loop.world;
  const webhook = await loop.webhook();
  const turn = async (active: boolean) => {
    await loop.store.updateWebhook("default", webhook.id, { active }, clock.wall(), POSTHORN);
    loop.dispatcher.recheck(webhook.key);
    await clock.settle();
  };
  transport.otherwise(() => reply(500));
  for (let n = 0; n < LANE_LOW_MARK; n++) await loop.post();
  await clock.advance(70_000);
  for (let n = 0; n < missed; n++) await loop.post();
  await clock.settle();
  await turn(false);
  await clock.advance(70_000);
  transport.otherwise(() => reply(200));
  const before = transport.requests.length;
  await turn(true);
  expect(transport.requests.length - before).toBe(missed);
});

test("each attempt goes to the webhook as it is when the attempt starts", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(500));
  await loop.post();
  await loop.world.clock.settle();
  const changes = { url: "https://moved.example/", secret: "another secret", headers: [["X-Own", "1"]] as const };
  await loop.store.updateWebhook("default", webhook.id, changes, loop.world.clock.wall(), POSTHORN);
  await loop.world.clock.advance(1_100);
  const second = loop.world.transport.requests[1];
  expect(second).toMatchObject({ url: "https://moved.example/", headers: { "x-own": "1" } });
  const hasher = new Bun.CryptoHasher("sha256", "another secret");
  const signature = hasher.update(`${second?.headers["x-smartcv-timestamp"]}.${second?.body}`).digest("hex");
  expect(second?.headers["x-smartcv-signature"]).toBe(`sha256=${signature}`);
});

test("a delivery in flight while its webhook is deleted is delivered on a success, else cancelled", async () => {
  await using loop = await createLoop();
  const [kept, lost] = [
    await loop.webhook({ url: "https://ok.example/" }),
    await loop.webhook({ url: "https://no.example/" }),
  ];
  loop.world.transport.on("ok.example", () => reply(200, { headMs: 500 }));
  loop.world.transport.on("no.example", () => reply(500, { headMs: 500 }));
  await loop.post();
  await loop.world.clock.settle();
  for (const { id } of [kept, lost]) await loop.store.deleteWebhook("default", id, loop.world.clock.wall(), POSTHORN);
  await loop.world.clock.advance(60_000);
  expect((await loop.log(kept))[0]?.state).toBe("delivered");
  expect((await loop.log(lost))[0]).toMatchObject({ state: "cancelled", attempts: 1 });
  expect(loop.world.transport.requests).toHaveLength(2);
});

test("a stepped wall clock neither stalls a retry nor hurries it", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => reply(n < 3 ? 500 : 200));
  await loop.post();
  await loop.world.clock.settle();
  loop.world.clock.stepWall(-86_400_000);
  await loop.world.clock.advance(999);
  expect(loop.world.transport.requests).toHaveLength(1);
  await loop.world.clock.advance(101);
  expect(loop.world.transport.requests).toHaveLength(2);
  loop.world.clock.stepWall(2 * 86_400_000);
  await loop.world.clock.advance(1_800);
  expect(loop.world.transport.requests).toHaveLength(2);
  await loop.world.clock.advance(400);
  expect(loop.world.transport.requests).toHaveLength(3);
});

test("a stop lets what is in flight end, starts nothing more, and leaves the rest for the next start", async () => {
  await using loop = await createLoop({ concurrencyPerWebhook: 2 });
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(200, { headMs: 5_000 }));
  for (let n = 0; n < 5; n++) await loop.post();
  await loop.world.clock.settle();
  const stopped = loop.dispatcher.stop();
  await loop.world.clock.advance(5_000);
  await stopped;
  expect(loop.world.transport.requests).toHaveLength(2);
  expect((await loop.log(webhook)).map(({ state }) => state).sort()).toEqual([
    "delivered",
    "delivered",
    "pending",
    "pending",
    "pending",
  ]);
  await loop.restarted();
  await loop.world.clock.advance(60_000);
  expect((await loop.log(webhook)).every(({ state }) => state === "delivered")).toBe(true);
  expect(loop.world.transport.requests).toHaveLength(5);
});

test("what is cut off is interrupted, does not count, and is sent again with the same attempt number", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => (n === 1 ? hang() : reply(200)));
  await loop.post();
  await loop.world.clock.settle();
  const stopped = loop.dispatcher.stop();
  loop.abort();
  await stopped;
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "pending", attempts: 0 });
  await loop.restarted();
  await loop.world.clock.settle();
  expect(loop.world.transport.requests.map(({ headers }) => headers["x-smartcv-attempt"])).toEqual(["1", "1"]);
  const [entry] = await loop.log(webhook);
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  expect(detail?.attempts.map(({ code, number }) => [code, number])).toEqual([
    ["interrupted", 1],
    ["success", 1],
  ]);
});

test("a stop leaves no timer behind, not even for what has to be tried again", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  const tried = Promise.withResolvers<void>();
  loop.world.transport.otherwise(() => tried.promise.then(noDescriptors));
  await loop.post();
  await loop.world.clock.settle();
  const stopped = loop.dispatcher.stop();
  tried.resolve();
  await stopped;
  expect(loop.world.clock.pending).toBe(0);
});

test("a stop that is asked for again ends for everybody who asked", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.otherwise(() => hang());
  await loop.post();
  await loop.world.clock.settle();
  const stops = [loop.dispatcher.stop(), loop.dispatcher.stop()];
  loop.abort();
  await Promise.all(stops);
  await loop.dispatcher.stop();
});

test("an abort ends a stop at once and loses nothing", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => hang());
  for (let n = 0; n < 3; n++) await loop.post();
  await loop.world.clock.settle();
  const stopped = loop.dispatcher.stop();
  loop.abort();
  await stopped;
  expect(loop.world.transport.inFlight()).toBe(0);
  expect((await loop.log(webhook)).every(({ state }) => state === "pending")).toBe(true);
});

test("one line is logged for each attempt, without the body or the secret", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => reply(n === 1 ? 500 : 200));
  await loop.post();
  await loop.world.clock.advance(5_000);
  const attempts = loop.lines.filter((line) => line.includes("attempt"));
  expect(attempts).toHaveLength(2);
  expect(attempts[0]).toContain("INFO");
  expect(attempts[0]).toContain('status=500 ms=0 error="HTTP 500 Internal Server Error"');
  expect(loop.lines.join("")).not.toContain("resume_456");
  expect(loop.lines.join("")).not.toContain("whsec_");
  expect(loop.counted).toEqual(["status", "success", "delivered"]);
});

test("a delivery that failed for good is a warning, and so is a webhook that was turned off", async () => {
  await using loop = await createLoop({ retryScheduleMs: [1_000] });
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => reply(n < 3 ? 500 : 410));
  await loop.post();
  await loop.world.clock.advance(5_000);
  await loop.post();
  await loop.world.clock.advance(5_000);
  const warnings = loop.lines.filter((line) => line.includes("WARN"));
  expect(warnings).toHaveLength(3);
  expect(warnings[0]).toContain("state=failed");
  expect(warnings[1]).toContain("status=410");
  expect(warnings[2]).toContain(`webhook turned off: its receiver answered 410 Gone webhook=${webhook.id}`);
  expect(loop.counted).toEqual(["status", "status", "failed", "status", "failed"]);
});
