import { expect, test } from "bun:test";
import fc from "fast-check";
import { retryAfter, TokenBuckets } from "../../src/http/token-buckets.ts";

const START = 1_000_000;

test.each([1, 3, 7, 10, 1_000, 999_983])(
  "a bucket of %d a second gives one second's worth at once, and then waits",
  (perSecond) => {
    const buckets = new TokenBuckets({ burst: perSecond, perSecond, maxBuckets: 10 });
    for (let taken = 0; taken < Math.min(perSecond, 2_000); taken++) expect(buckets.take("a", START)).toBe(0);
    if (perSecond > 2_000) return;
    const waitMs = buckets.take("a", START);
    expect(waitMs).toBeCloseTo(1_000 / perSecond, 3);
    expect(buckets.take("a", START + waitMs / 2)).toBeGreaterThan(0);
    expect(buckets.take("a", START + waitMs)).toBe(0);
    expect(buckets.take("a", START + waitMs)).toBeGreaterThan(0);
    for (let taken = 0; taken < perSecond; taken++) expect(buckets.take("a", START + 10_000)).toBe(0);
  },
);

test("no span of time gives more than its rate and one burst, however it is asked", () => {
  const steps = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), steps, (burst, perSecond, waits) => {
      const buckets = new TokenBuckets({ burst, perSecond, maxBuckets: 10 });
      const given: number[] = [];
      let now = START;
      for (const wait of waits) {
        now += wait;
        const waitMs = buckets.take("a", now);
        if (waitMs === 0) given.push(now);
        else expect(waitMs).toBeLessThanOrEqual(1_000 / perSecond + 0.01);
      }
      for (const [first, from] of given.entries()) {
        const last = given.findLastIndex((at) => at <= from + 1_000);
        expect(last - first + 1).toBeLessThanOrEqual(burst + perSecond);
      }
    }),
  );
});

test("what one key takes, another does not miss", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1, maxBuckets: 10 });
  expect(["a", "a", "b", "b"].map((key) => buckets.take(key, START) > 0)).toEqual([false, true, false, true]);
});

test("of too many buckets the one that gave longest ago is forgotten", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1, maxBuckets: 2 });
  for (const key of ["a", "b", "c"]) expect(buckets.take(key, START)).toBe(0);
  expect([buckets.take("b", START), buckets.take("c", START)]).toEqual([1_000, 1_000]);
  expect(buckets.take("a", START)).toBe(0);
});

test.each([
  [0.1, "1"],
  [1_000, "1"],
  [1_001, "2"],
])("a wait of %d ms is a Retry-After of %s s", (waitMs, seconds) => {
  expect(retryAfter(waitMs)).toEqual({ "Retry-After": seconds });
});
