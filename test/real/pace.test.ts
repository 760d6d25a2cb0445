import { expect, test } from "bun:test";
import { createPace } from "../../src/real/pace.ts";

const LONG_MS = 2_000;

test("a group begins at once, and who is one too many waits for the next", async () => {
  const pace = createPace({ groupMax: 2, everyMs: LONG_MS });
  const begun: number[] = [];
  for (const number of [1, 2, 3]) void pace.turn().then(() => begun.push(number));
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([1, 2]);
});

test("everybody has a turn, in the order of asking", async () => {
  const pace = createPace({ groupMax: 2, everyMs: 1 });
  const begun: number[] = [];
  const turns = Array.from({ length: 9 }, (_, number) => pace.turn().then(() => begun.push(number)));
  await Promise.all(turns);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
