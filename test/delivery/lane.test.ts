import { expect, test } from "bun:test";
import { BufferBudget } from "../../src/delivery/buffer-budget.ts";
import { Lane } from "../../src/delivery/lane.ts";
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
    return Array.from({ length: limit }, () => ({ key: ++key, webhook: 1, dueAt: isRetry ? 1_000 : 0, isRetry }));
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
