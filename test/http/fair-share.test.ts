import { expect, test } from "bun:test";
import fc from "fast-check";
import { FairShare } from "../../src/http/fair-share.ts";

const TOTAL = 120;

/** How much a tenant gets, one by one, until it is refused. */
function takeAll(share: FairShare, tenant: string | null): number {
  let taken = 0;
  while (share.take(tenant, 1)) taken += 1;
  return taken;
}

test("a tenant alone gets half of all, of two each a third, and there is always some for the next", () => {
  const share = new FairShare(TOTAL);
  expect(takeAll(share, "one")).toBe(60);
  expect(takeAll(share, "other")).toBe(30);
  for (let given = 0; given < 30; given++) share.giveBack("one", 1);
  expect([takeAll(share, "other"), takeAll(share, "one")]).toEqual([15, 7]);
  for (let next = 0; next < 4; next++) expect(takeAll(share, `next-${next}`)).toBeGreaterThan(0);
});

test("what is given back can be taken again, in full", () => {
  const share = new FairShare(TOTAL);
  expect(share.take(null, 61)).toBe(false);
  expect(share.take(null, 60)).toBe(true);
  expect(share.take("a tenant", 31)).toBe(false);
  share.giveBack(null, 60);
  expect(share.take("a tenant", 60)).toBe(true);
});

test("whatever is taken and given back, no more is held than there is, and nobody holds more than half", () => {
  const step = fc.tuple(fc.constantFrom("a", "b", "c", null), fc.nat({ max: 40 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const share = new FairShare(TOTAL);
      const held = new Map<string | null, number>();
      for (const [tenant, amount, gives] of steps) {
        const has = held.get(tenant) ?? 0;
        if (gives) share.giveBack(tenant, Math.min(has, amount));
        if (gives) held.set(tenant, has - Math.min(has, amount));
        else if (share.take(tenant, amount)) held.set(tenant, has + amount);
        const all = [...held.values()];
        expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(TOTAL);
        expect(Math.max(0, ...all)).toBeLessThanOrEqual(TOTAL / 2);
      }
    }),
  );
});
