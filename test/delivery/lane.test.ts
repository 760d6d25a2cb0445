import { expect, test } from "bun:test";
import { BufferBudget } from "../../src/delivery/buffer-budget.ts";
import { Lane } from "../../src/delivery/lane.ts";
import { BUFFERED_BODY_MAX_BYTES, SOUGHT_BODY_MAX_BYTES } from "../../src/limits.ts";
import type { ReadyDelivery, Seek } from "../../src/store/contract.ts";

test("a lane that is distrusted while it asks the table asks again, and only then", async () => {
  const lane = new Lane(1, { cap: 16, budget: new BufferBudget() });
  const answer = Promise.withResolvers<readonly ReadyDelivery[]>();
  lane.distrust();
  const refilled = lane.refill({ seek: () => answer.promise });
  lane.distrust();
  answer.resolve([]);
  await refilled;
  expect(lane.wantsSeek).toBe(true);
  await lane.refill({ seek: async () => [] });
  expect(lane.wantsSeek).toBe(false);
});

test("a lane asks the table for the kind of deliveries alone that runs low", async () => {
  const lane = new Lane(1, { cap: 16, budget: new BufferBudget() });
  const asked: boolean[] = [];
  let key = 0;
  /** A table that never ends: first attempts are due, retries later. */
  const seek = async ({ isRetry, limit }: Seek) => {
    asked.push(isRetry);
    return Array.from({ length: limit }, () => ({
      key: ++key,
      webhook: 1,
      dueAt: isRetry ? 1_000 : 0,
      isRetry,
      bodyBytes: 2,
    }));
  };
  lane.distrust();
  await lane.refill({ seek });
  expect(asked.splice(0)).toEqual([false, true]);
  while (!lane.wantsSeek) {
    const entry = lane.take(0);
    if (entry !== null) lane.free(entry);
  }
  await lane.refill({ seek });
  expect(asked).toEqual([false]);
});

test("lanes ask for bodies as long as there is room for all that are on their way, and for none that they hold already", async () => {
  const budget = new BufferBudget();
  const lanes = Array.from({ length: 100 }, (_, at) => new Lane(at, { cap: 16, budget }));
  const answers = Promise.withResolvers<void>();
  let bodies = 0;
  /** A table that never ends. */
  const seek = async ({ webhook, isRetry, limit, keysOnly }: Seek) => {
    if (keysOnly !== true) bodies += limit;
    await answers.promise;
    return Array.from({ length: limit }, (_, at) => ({ key: at, webhook, dueAt: at, isRetry, bodyBytes: 2 }));
  };
  const refillAll = () => {
    for (const lane of lanes) lane.distrust();
    return Promise.all(lanes.map((lane) => lane.refill({ seek })));
  };
  const refilled = refillAll();
  expect(bodies).toBeGreaterThan(0);
  expect(bodies * SOUGHT_BODY_MAX_BYTES * 2).toBeLessThanOrEqual(BUFFERED_BODY_MAX_BYTES);
  answers.resolve();
  await refilled;
  bodies = 0;
  await refillAll();
  expect(bodies).toBe(0);
  expect(budget.reserve(BUFFERED_BODY_MAX_BYTES / SOUGHT_BODY_MAX_BYTES / 2)).toBe(true);
});

test("a delivery that was sent while the lane still asked the table for others is not taken for new again", async () => {
  const lane = new Lane(1, { cap: 16, budget: new BufferBudget() });
  const found = [1, 2].map((key) => ({ key, webhook: 1, dueAt: 0, isRetry: false, bodyBytes: 2 }));
  const retries = Promise.withResolvers<readonly ReadyDelivery[]>();
  lane.distrust();
  const refilled = lane.refill({ seek: ({ isRetry }) => (isRetry ? retries.promise : Promise.resolve(found)) });
  for (const entry of found) lane.offer(entry);
  const sent: ReadyDelivery[] = [];
  while (sent.length < 2) {
    await Promise.resolve();
    const entry = lane.take(0);
    if (entry !== null) sent.push(entry);
  }
  for (const entry of sent) {
    lane.free(entry);
    lane.forget(entry);
  }
  lane.offer({ key: 2, webhook: 1, dueAt: 1_000, isRetry: true, bodyBytes: 2 });
  retries.resolve([]);
  await refilled;
  expect(lane.take(0)).toBeNull();
  expect(lane.nextAt).toBe(1_000);
});
