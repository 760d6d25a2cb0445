import { expect, test } from "bun:test";
import { Shares } from "../../src/delivery/shares.ts";
import { STANDING, STANDINGS } from "../../src/delivery/standing.ts";
import { LONG_BODIES_MAX_BYTES } from "../../src/limits.ts";
import { createLoop, type Loop } from "../support/loop.ts";
import { hang, reply } from "../support/scripted-reply.ts";

const { quick, slow, hanging } = STANDING;
const TIMEOUT_MS = 30_000;

test("each worse standing has a quarter less, together with all that are worse still", () => {
  const shares = new Shares(16);
  expect(STANDINGS.map((standing) => shares.room(standing))).toEqual([16, 12, 8, 4]);
  shares.take(slow, 6);
  expect(STANDINGS.map((standing) => shares.room(standing))).toEqual([10, 6, 2, 2]);
  shares.take(hanging, 2);
  expect(STANDINGS.map((standing) => shares.room(standing))).toEqual([8, 4, 0, 0]);
  shares.giveBack(slow, 6);
  shares.take(quick, 15);
  expect(STANDINGS.map((standing) => shares.room(standing))).toEqual([-1, -1, -1, -1]);
});

test("where there are fewer than one for each standing, all have the same", () => {
  const shares = new Shares(3);
  expect(STANDINGS.map((standing) => shares.room(standing))).toEqual([3, 3, 3, 3]);
});

test("webhooks that hung, however many, leave slots to slow ones and to those that nobody knows yet", async () => {
  await using loop = await createLoop({ concurrency: 16 });
  await manyThatHang(loop, 40);
  const { transport, clock } = loop.world;
  await loop.post({ type: "hanging" });
  await clock.advance(5 * TIMEOUT_MS);
  expect(transport.inFlight()).toBe(4);
  transport.on("slow.example", () => reply(200, { headMs: 1_500 }));
  await loop.webhook({ url: "https://slow.example/", events: ["other"] });
  await loop.webhook({ url: "https://new.example/", events: ["other"] });
  for (let n = 0; n < 3; n++) await loop.post({ type: "other" });
  await clock.advance(5_000);
  expect(requestsTo(loop, "new.example")).toBe(3);
  expect(requestsTo(loop, "slow.example")).toBe(3);
});

test("after a restart those that something had failed of leave slots to the others", async () => {
  await using loop = await createLoop({ concurrency: 16 });
  await manyThatHang(loop, 40);
  await loop.webhook({ url: "https://healthy.example/", events: ["other"] });
  const { clock } = loop.world;
  await loop.post({ type: "hanging" });
  await clock.advance(5 * TIMEOUT_MS);
  loop.abort();
  await loop.dispatcher.stop();
  await loop.ingest({ type: "other" });
  await loop.restarted();
  await clock.advance(1_000);
  expect(requestsTo(loop, "healthy.example")).toBe(1);
  expect(loop.world.transport.inFlight()).toBe(8);
});

test("long bodies in flight are bounded, whoever hangs, and hold up neither short ones nor those of a quick receiver", async () => {
  await using loop = await createLoop();
  const { transport, clock } = loop.world;
  await loop.webhook({ url: "https://healthy.example/", events: ["other"] });
  await loop.post({ type: "other" });
  await clock.advance(1_000);
  await manyThatHang(loop, 100);
  const long = JSON.stringify({ text: "x".repeat(250_000) });
  await loop.post({ type: "hanging", data: long });
  await clock.advance(1_000);
  const inFlight = Math.floor((0.75 * LONG_BODIES_MAX_BYTES) / 250_150);
  expect(transport.inFlight()).toBe(inFlight);
  await loop.webhook({ url: "https://new.example/", events: ["short"] });
  await loop.post({ type: "short" });
  await loop.post({ type: "other", data: long });
  await clock.advance(1_000);
  expect(requestsTo(loop, "new.example")).toBe(1);
  expect(requestsTo(loop, "healthy.example")).toBe(2);
});

test("what waits for room is sent when there is some, also a body that is longer than may be in flight together", async () => {
  await using loop = await createLoop();
  const { transport, clock } = loop.world;
  for (let n = 0; n < 10; n++) await loop.webhook({ url: `https://receiver.example/${n}`, events: ["*"] });
  transport.otherwise(() => reply(200, { headMs: 6_000 }));
  await loop.post({ data: JSON.stringify({ text: "x".repeat(LONG_BODIES_MAX_BYTES) }) });
  await loop.post({ data: JSON.stringify({ text: "x".repeat(250_000) }) });
  await clock.advance(100 * TIMEOUT_MS);
  expect(transport.requests).toHaveLength(20);
  expect(transport.inFlight()).toBe(0);
});

async function manyThatHang(loop: Loop, count: number): Promise<void> {
  loop.world.transport.on("hangs.example", () => hang());
  for (let n = 0; n < count; n++) await loop.webhook({ url: `https://hangs.example/${n}`, events: ["hanging"] });
}

function requestsTo(loop: Loop, host: string): number {
  return loop.world.transport.requests.filter(({ url }) => url.includes(host)).length;
}
