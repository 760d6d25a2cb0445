import { expect, test } from "bun:test";
import { DIALS_PER_DESTINATION_MAX } from "../../src/limits.ts";
import { ConnectionQueue } from "../../src/real/connection-queue.ts";
import type { SendFailure } from "../../src/world.ts";
import { ManualCutoff } from "../support/cutoff.ts";

interface Line {
  readonly name: string;
  readonly isGone?: boolean;
}

/** A queue, what it dials, and what became of those who wait in it. */
function scene() {
  const dials: ((result: Line | SendFailure) => void)[] = [];
  const told: string[] = [];
  const queue = new ConnectionQueue<Line>({
    dial: (dialled) => {
      dials.push(dialled);
      return () => told.push("given up");
    },
    spare: ({ name }) => told.push(`${name} is spare`),
    idle: () => told.push("idle"),
  });
  const enter = (who: string) => {
    const cutoff = new ManualCutoff();
    queue.enter({
      cutoff,
      use: ({ name, isGone = false }) => {
        if (!isGone) told.push(`${who} got ${name}`);
        return !isGone;
      },
      fail: (failure) => told.push(`${who}: ${failure}`),
    });
    return cutoff;
  };
  return { queue, dials, told, enter };
}

test("only so many connections are made at once, and the next one when one is made", () => {
  const { dials, enter, told } = scene();
  for (const who of ["a", "b", "c", "d"]) enter(who);
  expect(dials).toHaveLength(DIALS_PER_DESTINATION_MAX);
  dials[0]?.({ name: "first" });
  expect(told).toEqual(["a got first"]);
  expect(dials).toHaveLength(DIALS_PER_DESTINATION_MAX + 1);
});

test("a connection that comes free goes to whoever waits longest, and one that nobody waits for is spare", () => {
  const { queue, dials, enter, told } = scene();
  enter("a");
  enter("b");
  expect(queue.offer({ name: "freed" })).toBe(true);
  dials[0]?.({ name: "first" });
  expect(queue.offer({ name: "freed" })).toBe(false);
  dials[1]?.({ name: "second" });
  expect(told).toEqual(["a got freed", "b got first", "second is spare", "idle"]);
});

test("a connection that is gone when it comes free costs its waiter the place, one that was just made the exchange", () => {
  const { queue, dials, enter, told } = scene();
  enter("a");
  queue.offer({ name: "freed", isGone: true });
  expect(told).toEqual([]);
  dials[0]?.({ name: "first", isGone: true });
  expect(told).toEqual(["a: connection_reset", "idle"]);
});

test("a connect that fails is told to one while others are under way, and the last one to all", () => {
  const { dials, enter, told } = scene();
  for (const who of ["a", "b", "c"]) enter(who);
  dials[0]?.("connect_timeout");
  expect(told).toEqual(["a: connect_timeout"]);
  dials[1]?.({ name: "second" });
  dials[2]?.("connect_refused");
  expect(told).toEqual(["a: connect_timeout", "b got second", "c: connect_refused", "idle"]);
});

test("whoever is cut off leaves, and when nobody is left no connection is made any more", () => {
  const { enter, told } = scene();
  const [a, b] = [enter("a"), enter("b")];
  a?.cut();
  expect(told).toEqual(["a: aborted"]);
  b?.cut();
  expect(told).toEqual(["a: aborted", "given up", "given up", "b: aborted", "idle"]);
});
