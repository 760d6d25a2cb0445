import { expect, test } from "bun:test";
import { Deadline } from "../../src/delivery/deadline.ts";
import { createFakeWorld } from "../support/fake-world.ts";

test("it cuts off when its time is up, and says so", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 30_000);
  await clock.advance(29_999);
  expect(deadline.isCut).toBe(false);
  await clock.advance(1);
  expect(deadline.isCut).toBe(true);
  expect(deadline.cause).toBe("timeout");
});

test("a restart counts anew; a cleared one never rings", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 1_000);
  await clock.advance(900);
  deadline.restart(1_000, 1_000);
  await clock.advance(999);
  expect(deadline.cause).toBeNull();
  deadline.clear();
  expect(clock.pending).toBe(0);
});

test("a restart passes the first limit by no more than it is told", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 1_000);
  await clock.advance(900);
  deadline.restart(1_000, 250);
  await clock.advance(349);
  expect(deadline.cause).toBeNull();
  await clock.advance(1);
  expect(deadline.cause).toBe("timeout");
});

test("being stopped is another cause than running out of time, and the first cause stays", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 1_000);
  deadline.stop();
  await clock.advance(2_000);
  expect(deadline.cause).toBe("stopped");
});

test("work that cannot be cut off is left behind when the time is up", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 1_000);
  const bounded = deadline.bound(new Promise<string>(() => {}));
  await clock.advance(1_000);
  expect(await bounded).toBeNull();
  expect(await new Deadline(clock, 1_000).bound(Promise.resolve("in time"))).toBe("in time");
});

test("work that begins when the attempt is cut off already is not waited for", async () => {
  const { clock } = createFakeWorld();
  const deadline = new Deadline(clock, 1_000);
  deadline.stop();
  expect(await deadline.bound(new Promise<string>(() => {}))).toBeNull();
});

test("a timer that fires much too late grants what lies in the socket a moment more", async () => {
  const { clock } = createFakeWorld();
  let lateMs = 0;
  const stopped = { after: clock.after, monotonic: () => clock.monotonic() + lateMs };
  const deadline = new Deadline(stopped, 1_000);
  lateMs = 501;
  await clock.advance(1_000);
  expect(deadline.cause).toBeNull();
  await clock.advance(249);
  expect(deadline.cause).toBeNull();
  await clock.advance(1);
  expect(deadline.cause).toBe("timeout");
});
