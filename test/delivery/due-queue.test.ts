import { expect, test } from "bun:test";
import fc from "fast-check";
import { DueQueue } from "../../src/delivery/due-queue.ts";
import { LANE_BUFFER_MAX } from "../../src/limits.ts";
import type { ReadyDelivery } from "../../src/store/contract.ts";

function entry(key: number, dueAt: number): ReadyDelivery {
  return { key, webhook: 1, dueAt, isRetry: false, bodyBytes: 2 };
}

function drain(queue: DueQueue, now: number): ReadyDelivery[] {
  const taken: ReadyDelivery[] = [];
  for (let next = queue.takeDue(now); next !== null; next = queue.takeDue(now)) taken.push(next);
  return taken;
}

test("entries come out soonest first, those of one moment in the order they were stored", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (dueTimes) => {
      const queue = new DueQueue();
      const entries = dueTimes.map((dueAt, key) => entry(key, dueAt));
      for (const one of entries) queue.push(one);
      const expected = [...entries].sort((a, b) => a.dueAt - b.dueAt || a.key - b.key);
      expect(drain(queue, 20)).toEqual(expected);
    }),
  );
});

test("an entry is not taken before it is due", () => {
  const queue = new DueQueue();
  queue.push(entry(1, 100));
  expect(queue.takeDue(99)).toBeNull();
  expect(queue.takeDue(100)).toEqual(entry(1, 100));
});

test("an overfull queue keeps the soonest half and knows where the table goes on", () => {
  const queue = new DueQueue();
  for (let key = LANE_BUFFER_MAX; key >= 0; key--) queue.push(entry(key, key));
  const dropped = queue.shed();
  expect(queue.size).toBe(LANE_BUFFER_MAX / 2);
  expect(dropped[0]).toEqual(entry(LANE_BUFFER_MAX / 2, LANE_BUFFER_MAX / 2));
  expect(queue.accepts(LANE_BUFFER_MAX / 2 - 1)).toBe(true);
  expect(queue.accepts(LANE_BUFFER_MAX / 2)).toBe(false);
  expect(queue.isBehind).toBe(true);
});

test("a queue that left something out asks the table once it runs low, and not before", () => {
  const queue = new DueQueue();
  for (let key = 0; key < 100; key++) queue.push(entry(key, key));
  queue.leaveOut(100);
  expect(queue.wantsSeek).toBe(false);
  expect(drain(queue, 60)).toHaveLength(61);
  expect(queue.wantsSeek).toBe(true);
});

test("a queue that left something out asks the table before it rests on what is due later", () => {
  const queue = new DueQueue();
  for (let key = 0; key < 100; key++) queue.push(entry(key, 1_000));
  queue.push(entry(100, 10));
  queue.leaveOut(20);
  expect(queue.wantsSeek).toBe(false);
  expect(drain(queue, 10)).toHaveLength(1);
  expect(queue.wantsSeek).toBe(true);
});

test("a seek that reached the end of the table makes the queue complete again", () => {
  const queue = new DueQueue();
  queue.distrust();
  expect(queue.wantsSeek).toBe(true);
  queue.beginSeek();
  queue.trustUpTo(Number.POSITIVE_INFINITY);
  expect(queue.isBehind).toBe(false);
  expect(queue.accepts(Number.MAX_SAFE_INTEGER)).toBe(true);
});
