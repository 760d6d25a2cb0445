import { expect, test } from "bun:test";
import fc from "fast-check";
import { Leases } from "../../src/store/sqlite/front/leases.ts";
import { RecentMap } from "../../src/store/sqlite/front/recent-map.ts";
import { Sealer } from "../../src/store/sqlite/front/sealer.ts";
import { WebhookMemory } from "../../src/store/sqlite/front/webhook-memory.ts";
import { WebhookSeal } from "../../src/store/sqlite/front/webhook-seal.ts";
import type { SealedWebhook } from "../../src/store/sqlite/webhooks.ts";

test("a recent map keeps what was used last, and nothing that was deleted or replaced", () => {
  const action = fc.tuple(fc.constantFrom("get", "set", "delete"), fc.nat({ max: 20 }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const map = new RecentMap<number, number>(8);
      let used: number[] = [];
      const values = new Map<number, number>();
      for (const [step, [verb, key]] of actions.entries()) {
        const isKept = used.slice(-4).includes(key);
        const found = map.get(key);
        if (isKept || found !== undefined) expect(found === values.get(key)).toBe(true);
        if (verb === "delete") map.delete(key);
        if (verb === "set") map.set(key, step);
        if (verb === "set") values.set(key, step);
        used = used.filter((other) => other !== key);
        if (verb === "delete") values.delete(key);
        else if (verb === "set" || found !== undefined) used.push(key);
      }
    }),
  );
});

test("a recent map never keeps more than its bound", () => {
  const map = new RecentMap<number, true>(8);
  for (let key = 0; key < 100; key++) map.set(key, true);
  let kept = 0;
  for (let key = 0; key < 100; key++) if (map.delete(key)) kept += 1;
  expect(kept).toBeGreaterThanOrEqual(4);
  expect(kept).toBeLessThanOrEqual(8);
});

test("an unchanged webhook is opened once, and a change is seen at once", () => {
  const { memory, sealed } = rememberedWebhook();
  const first = memory.learn(sealed);
  expect(memory.learn({ ...sealed })).toBe(first);
  expect(memory.get(sealed.key)).toBe(first);
  expect(memory.learn({ ...sealed, active: false })).toMatchObject({ active: false, secret: first.secret });
  expect(memory.get(sealed.key)?.active).toBe(false);
  memory.forget(sealed.key);
  expect(memory.get(sealed.key)).toBeUndefined();
});

test("leases count those of each webhook, spent ones too, until they are freed", () => {
  const leases = new Leases();
  const first = leases.take(1, 7);
  leases.take(2, 7);
  leases.take(3, 8);
  if (first !== null) leases.spend(first);
  expect([leases.countOf(7), leases.countOf(8), leases.countOf(9)]).toEqual([2, 1, 0]);
  expect(leases.of(7)).toEqual([1, 2]);
  leases.free(1);
  leases.free(1);
  leases.free(3);
  expect([leases.countOf(7), leases.countOf(8)]).toEqual([1, 0]);
  expect(leases.all()).toEqual([2]);
});

function rememberedWebhook() {
  const seal = new WebhookSeal(new Sealer(new Uint8Array(32), { bytes: (length) => new Uint8Array(length) }));
  const closed = seal.close({
    ...{ id: "webhook_1", tenant: "default", url: "https://example.com/", events: ["*"], secret: "a secret" },
    ...{ headers: [], active: true, description: null, retryScheduleMs: null, timeoutMs: null },
    ...{ urlPassed: true, createdAt: 1 },
  });
  const sealed: SealedWebhook = { ...closed, key: 1, disabledReason: null, deletedAt: null, updatedAt: 1 };
  return { memory: new WebhookMemory(seal), sealed };
}
