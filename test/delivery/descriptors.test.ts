import { expect, test } from "bun:test";
import { DESCRIPTORS_TOLD_MS, DESCRIPTORS_WAIT_MS } from "../../src/limits.ts";
import { createLoop } from "../support/loop.ts";
import { noDescriptors, reply } from "../support/scripted-reply.ts";

test("a delivery for which there is no descriptor waits: that is no attempt, and leaves no row", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  const webhook = await loop.webhook();
  loop.world.transport.otherwise((_request, n) => (n <= 3 ? noDescriptors() : reply(200)));
  await loop.post();
  for (let n = 1; n <= 3; n++) {
    await loop.world.clock.settle();
    expect(loop.world.transport.requests).toHaveLength(n);
    expect(await loop.log(webhook)).toMatchObject([{ state: "pending", attempts: 0 }]);
    await loop.world.clock.advance(DESCRIPTORS_WAIT_MS);
  }
  expect(loop.world.transport.requests).toHaveLength(4);
  expect(await loop.log(webhook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
  expect(loop.counted).toEqual(["success", "delivered"]);
});

test("a name that nobody could be asked for, for want of descriptors, costs no attempt either", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  const webhook = await loop.webhook({ url: "https://receiver.example/" });
  loop.world.resolver.set("receiver.example", "no_descriptors");
  await loop.post();
  await loop.world.clock.advance(10 * DESCRIPTORS_WAIT_MS);
  expect(await loop.log(webhook)).toMatchObject([{ state: "pending", attempts: 0 }]);
  loop.world.resolver.set("receiver.example", ["93.184.215.14"]);
  await loop.world.clock.advance(3 * DESCRIPTORS_WAIT_MS);
  expect(await loop.log(webhook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
});

test("a want of descriptors is told once a minute, however many deliveries wait", async () => {
  await using loop = await createLoop();
  for (let n = 0; n < 20; n++) await loop.webhook({ url: `https://receiver-${n}.example/` });
  loop.world.transport.otherwise(() => noDescriptors());
  await loop.post();
  await loop.world.clock.advance(DESCRIPTORS_TOLD_MS - DESCRIPTORS_WAIT_MS);
  const told = () => loop.lines.filter((line) => line.includes("deliveries wait")).length;
  expect(told()).toBe(1);
  await loop.world.clock.advance(2 * DESCRIPTORS_WAIT_MS);
  expect(told()).toBe(2);
});
