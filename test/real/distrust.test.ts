import { expect, test } from "bun:test";
import { DISTRUSTED_MAX } from "../../src/limits.ts";
import { Distrust } from "../../src/real/distrust.ts";

test("whoever is distrusted is so by name, and beyond the limit the oldest is forgotten", () => {
  const distrust = new Distrust();
  distrust.add("a");
  expect([distrust.has("a"), distrust.has("b")]).toEqual([true, false]);
  for (let n = 1; n < DISTRUSTED_MAX; n++) distrust.add(`other ${n}`);
  expect(distrust.has("a")).toBe(true);
  distrust.add("one more");
  expect([distrust.has("a"), distrust.has("other 1"), distrust.has("one more")]).toEqual([false, true, true]);
});
