import { expect, test } from "bun:test";
import fc from "fast-check";
import { STANDING } from "../../src/delivery/standing.ts";
import { type Given, RingScene } from "../support/ring-scene.ts";
import { chosenSeed } from "../torture/suite.ts";

const SEED = chosenSeed();
const QUICK_MS = 10;
const SLOW_MS = 2_000;
const HANGING_MS = 30_000;
const LONG_BODY_BYTES = 80_000;

const given: fc.Arbitrary<Given> = fc.record({
  webhook: fc.integer({ min: 1, max: 24 }),
  bodyBytes: fc.constantFrom(100, 100, 5_000, 18_000, 500_000),
  isRetry: fc.boolean(),
  dueAt: fc.integer({ min: 0, max: 30 }),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant("offer" as const), given }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(),
    durationMs: fc.constantFrom(QUICK_MS, SLOW_MS, HANGING_MS),
    holdMs: fc.constantFrom(0, 0, 20),
  }),
  fc.record({ kind: fc.constant("turns" as const), afterMs: fc.integer({ min: 0, max: 10 }) }),
);

test("whatever is offered is taken one day, no share is ever exceeded, and all is given back", () => {
  const property = fc.property(
    fc.record({ slots: fc.integer({ min: 1, max: 17 }), cap: fc.integer({ min: 1, max: 8 }) }),
    fc.array(step, { maxLength: 300, size: "max" }),
    (limits, steps) => {
      const scene = new RingScene({ ...limits, longBodyBytes: LONG_BODY_BYTES });
      for (const each of steps) {
        if (each.kind === "offer") scene.offer(each.given);
        else if (each.kind === "turns") scene.turns(each.afterMs);
        else scene.end(each.which, each.durationMs, each.holdMs);
      }
      scene.drain(HANGING_MS);
      expect(scene.waiting).toBe(0);
      scene.expectAllGivenBack();
    },
  );
  fc.assert(property, { numRuns: 300, seed: SEED });
});

test("lanes that have nothing more to send are not in the way of one that has", () => {
  const scene = new RingScene({ slots: 4, cap: 8, longBodyBytes: LONG_BODY_BYTES });
  for (let webhook = 1; webhook <= 100; webhook++) scene.offer({ webhook });
  scene.drain(HANGING_MS);
  for (let webhook = 1; webhook <= 100; webhook++) scene.offer({ webhook });
  scene.turns(0);
  for (let n = 0; n < 99; n++) {
    scene.end(0, HANGING_MS);
    scene.turns(0);
  }
  scene.offer({ webhook: 50 });
  scene.end(0, HANGING_MS);
  scene.turns(0);
  expect(scene.inFlight).toEqual([50]);
});

test("long bodies that wait for room go when there is some, also where those before them have gone away", () => {
  const scene = new RingScene({ slots: 2_048, cap: 8, longBodyBytes: LONG_BODY_BYTES });
  for (let webhook = 1; webhook <= 100; webhook++) scene.offer({ webhook, bodyBytes: 20_000 });
  scene.turns(0);
  for (let webhook = 4; webhook <= 99; webhook++) scene.hold(webhook, 1_000);
  while (scene.inFlight.length > 0) scene.end(0, QUICK_MS);
  scene.turns(0);
  expect(scene.inFlight).toEqual([100]);
});

test("those that hung get slots also while slow ones never have enough", () => {
  const scene = new RingScene({ slots: 16, cap: 8, longBodyBytes: LONG_BODY_BYTES });
  scene.make(STANDING.hanging, { from: 101, count: 4 });
  scene.make(STANDING.slow, { from: 1, count: 50 });
  for (let n = 0; n < 40; n++) for (let webhook = 1; webhook <= 50; webhook++) scene.offer({ webhook });
  scene.turns(0);
  for (let webhook = 101; webhook <= 104; webhook++) scene.offer({ webhook });
  for (let n = 0; n < 6; n++) {
    scene.end(0, SLOW_MS);
    scene.turns(0);
  }
  expect(scene.inFlight.filter((webhook) => webhook > 100)).toEqual([101, 102, 103, 104]);
});

test("a long body is not passed for ever by shorter ones", () => {
  const scene = new RingScene({ slots: 64, cap: 1, longBodyBytes: LONG_BODY_BYTES });
  scene.make(STANDING.slow, { from: 1, count: 20 });
  for (let n = 0; n < 20; n++)
    for (let webhook = 1; webhook <= 19; webhook++) scene.offer({ webhook, bodyBytes: 5_000 });
  scene.turns(0);
  scene.offer({ webhook: 20, bodyBytes: 20_000 });
  for (let n = 0; n < 40 && !scene.inFlight.includes(20); n++) {
    scene.end(0, SLOW_MS);
    scene.turns(0);
  }
  expect(scene.inFlight).toContain(20);
});

test("what was put back is what comes next", () => {
  const scene = new RingScene({ slots: 8, cap: 1, longBodyBytes: LONG_BODY_BYTES });
  for (let webhook = 1; webhook <= 3; webhook++) scene.offer({ webhook, bodyBytes: 20_000 });
  scene.turns(0);
  scene.offer({ webhook: 4, bodyBytes: 20_000 });
  scene.turns(0);
  scene.offer({ webhook: 4, isRetry: true });
  scene.end(0, SLOW_MS);
  scene.turns(0);
  expect(scene.lastTaken()).toMatchObject({ webhook: 4, isRetry: false });
});
