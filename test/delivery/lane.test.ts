import { expect, test } from "bun:test";
import { BufferBudget } from "../../src/delivery/buffer-budget.ts";
import { Lane } from "../../src/delivery/lane.ts";
import type { ReadyDelivery } from "../../src/store/contract.ts";

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
