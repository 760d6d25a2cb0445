import { expect, test } from "bun:test";
import { createLoop } from "../support/loop.ts";
import { connectTimeout, fail, reply } from "../support/scripted-reply.ts";

test("a refused address is never connected to, and the delivery fails for good with the rule's name", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook({ url: "http://10.0.0.1/hook" });
  await loop.post();
  await loop.world.clock.advance(600_000);
  expect(loop.world.transport.requests).toHaveLength(0);
  expect((await loop.log(webhook))[0]).toMatchObject({
    state: "failed",
    attempts: 1,
    error: expect.stringContaining("URL blocked: private"),
  });
});

test("a URL that once passed and is refused now is retried on the schedule", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  await loop.post();
  await loop.world.clock.advance(60_000);
  loop.world.resolver.set("yourapp.example", ["10.0.0.1"], { ttlMs: 1_000 });
  await loop.post();
  await loop.world.clock.advance(1_500);
  const [entry] = await loop.log(webhook);
  expect(entry).toMatchObject({ state: "pending", attempts: 2 });
  loop.world.resolver.set("yourapp.example", ["93.184.215.14"]);
  await loop.world.clock.advance(60_000);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "delivered" });
  expect(loop.world.transport.requests.every(({ address }) => address === "93.184.215.14")).toBe(true);
});

test("a name that does not resolve is retried, and no address appears in the log", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.resolver.set("yourapp.example", []);
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect((await loop.log(webhook))[0]).toMatchObject({
    state: "failed",
    attempts: 4,
    error: expect.stringContaining("Name not resolved"),
  });
});

test("the next address is tried only when the connect failed and nothing was written", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  const webhook = await loop.webhook();
  loop.world.resolver.set("yourapp.example", ["93.184.215.14", "93.184.215.15", "93.184.215.16", "93.184.215.17"]);
  loop.world.transport.on("yourapp.example", (_, n) =>
    n === 1 ? connectTimeout() : n === 2 ? fail("connect_refused") : reply(200),
  );
  await loop.post();
  await loop.world.clock.advance(20_000);
  expect(loop.world.transport.requests.map(({ address }) => address)).toEqual([
    "93.184.215.14",
    "93.184.215.15",
    "93.184.215.16",
  ]);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "delivered", attempts: 1 });
});

test("after a reset no other address is tried within the attempt: the receiver may have read it", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  await loop.webhook();
  loop.world.resolver.set("yourapp.example", ["93.184.215.14", "93.184.215.15"]);
  loop.world.transport.otherwise(() => fail("connection_reset"));
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(1);
});
