import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Outcome } from "../../src/domain/attempt.ts";
import { decide, laneHoldMs, type Situation } from "../../src/domain/delivery.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const FIRST: Situation = {
  attemptsBefore: 0,
  isTest: false,
  urlPassed: false,
  scheduleMs: [1_000, 2_000, 4_000],
  now: NOW,
  jitter: 0,
};
const LAST: Situation = { ...FIRST, attemptsBefore: 3 };
const TEST: Situation = { ...FIRST, isTest: true };

const SUCCESS: Outcome = { kind: "success", status: 200 };
const BLOCKED: Outcome = { kind: "blocked", rule: "private" };
const EXHAUSTED = { to: "failed", because: "exhausted" } as const;

function status(code: number, retryAfterMs: number | null = null): Outcome {
  return { kind: "status", status: code, statusText: "", retryAfterMs };
}

function retry(waitMs: number, because: "status" | "unreachable" | "blocked" = "status") {
  return { to: "pending", dueAt: NOW + waitMs, waitMs, because } as const;
}

describe("a delivery", () => {
  test("is delivered by a success, at whichever attempt", () => {
    for (const situation of [FIRST, LAST, TEST]) expect(decide(SUCCESS, situation)).toEqual({ to: "delivered" });
  });

  test("is tried four times by the specification's schedule: after 1, 2 and 4 seconds", () => {
    const next = [0, 1, 2, 3].map((attemptsBefore) => decide(status(500), { ...FIRST, attemptsBefore }));
    expect(next).toEqual([retry(1_000), retry(2_000), retry(4_000), EXHAUSTED]);
  });

  test.each<[string, Outcome, "status" | "unreachable"]>([
    ["a redirect", status(302), "status"],
    ["a 4xx", status(400), "status"],
    ["a 404", status(404), "status"],
    ["another 2xx", status(203), "status"],
    ["a 5xx", status(500), "status"],
    ["a timeout", { kind: "timeout", afterMs: 30_000 }, "unreachable"],
    ["a refused connection", { kind: "unreachable", failure: "connect_refused" }, "unreachable"],
    ["a broken connection", { kind: "unreachable", failure: "connection_reset" }, "unreachable"],
    ["a name without address", { kind: "unresolved" }, "unreachable"],
  ])("is retried after %s, until the schedule is used up", (_, outcome, because) => {
    expect(decide(outcome, FIRST)).toEqual(retry(1_000, because));
    expect(decide(outcome, LAST)).toEqual(EXHAUSTED);
  });

  test("is not retried without a schedule, or by one that became shorter", () => {
    expect(decide(status(500), { ...FIRST, scheduleMs: [] })).toEqual(EXHAUSTED);
    expect(decide(status(500), { ...FIRST, scheduleMs: [1_000], attemptsBefore: 7 })).toEqual(EXHAUSTED);
  });

  test("gets its jitter on top of the step", () => {
    expect(decide(status(500), { ...FIRST, jitter: 0.5 })).toEqual(retry(1_050));
  });
});

describe("a 410", () => {
  test("fails the delivery at once, for good", () => {
    for (const situation of [FIRST, LAST])
      expect(decide(status(410), situation)).toEqual({ to: "failed", because: "gone" });
  });

  test("in answer to a test turns nothing off", () => {
    expect(decide(status(410), TEST)).toEqual(EXHAUSTED);
  });
});

describe("a blocked URL", () => {
  test("fails the delivery at once when it never passed", () => {
    expect(decide(BLOCKED, FIRST)).toEqual({ to: "failed", because: "blocked" });
  });

  test("is retried on the schedule when it passed before, and then is what the delivery failed of", () => {
    const passed = { ...FIRST, urlPassed: true };
    expect(decide(BLOCKED, passed)).toEqual(retry(1_000, "blocked"));
    expect(decide(BLOCKED, { ...passed, attemptsBefore: 3 })).toEqual({ to: "failed", because: "blocked" });
  });
});

describe("a test", () => {
  test("is a single attempt, whatever the schedule and the receiver say", () => {
    expect(decide(status(500), TEST)).toEqual(EXHAUSTED);
    expect(decide(status(503, 5_000), TEST)).toEqual(EXHAUSTED);
    expect(decide({ kind: "timeout", afterMs: 30_000 }, TEST)).toEqual(EXHAUSTED);
    expect(decide(BLOCKED, { ...TEST, urlPassed: true })).toEqual({ to: "failed", because: "blocked" });
  });
});

describe("Retry-After", () => {
  test("moves the next attempt later, never earlier", () => {
    expect(decide(status(429, 90_000), FIRST)).toEqual(retry(90_000));
    expect(decide(status(429, 500), FIRST)).toEqual(retry(1_000));
    expect(decide(status(503, 0), { ...FIRST, attemptsBefore: 2 })).toEqual(retry(4_000));
  });

  test("moves it by a day at most, and shortens no step that is longer", () => {
    expect(decide(status(503, 10 * DAY_MS), FIRST)).toEqual(retry(DAY_MS));
    expect(decide(status(503, Number.MAX_SAFE_INTEGER), { ...FIRST, scheduleMs: [7 * DAY_MS] })).toEqual(
      retry(7 * DAY_MS),
    );
  });

  test("grants no further attempt, and on the last one holds nobody", () => {
    expect(decide(status(429, 90_000), LAST)).toEqual(EXHAUSTED);
    expect(laneHoldMs(status(429, 90_000), EXHAUSTED)).toBe(0);
  });

  test("holds the other deliveries of the webhook, for a minute at most", () => {
    const hold = (outcome: Outcome) => laneHoldMs(outcome, decide(outcome, FIRST));
    expect(hold(status(429, 30_000))).toBe(30_000);
    expect(hold(status(503, DAY_MS))).toBe(60_000);
    expect(hold(status(429))).toBe(0);
    expect(hold({ kind: "timeout", afterMs: 30_000 })).toBe(0);
    expect(hold(SUCCESS)).toBe(0);
  });
});

describe("whatever happens", () => {
  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant(SUCCESS),
    fc.constant(BLOCKED),
    fc.record({ kind: fc.constant("timeout" as const), afterMs: fc.nat() }),
    fc.constant<Outcome>({ kind: "unresolved" }),
    fc.constant<Outcome>({ kind: "unreachable", failure: "tls_failed" }),
    fc.tuple(fc.integer({ min: 100, max: 999 }), fc.option(fc.maxSafeNat())).map(([code, wait]) => status(code, wait)),
  );
  const situations: fc.Arbitrary<Situation> = fc.record({
    attemptsBefore: fc.nat(21),
    isTest: fc.boolean(),
    urlPassed: fc.boolean(),
    scheduleMs: fc.array(fc.integer({ min: 100, max: 7 * DAY_MS }), { maxLength: 20 }),
    now: fc.constant(NOW),
    jitter: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  test("a delivery ends after at most one attempt more than its schedule has steps", () => {
    fc.assert(
      fc.property(fc.infiniteStream(outcomes), situations, (stream, situation) => {
        let attemptsBefore = 0;
        while (decide(stream.next().value ?? SUCCESS, { ...situation, attemptsBefore }).to === "pending")
          attemptsBefore++;
        expect(attemptsBefore).toBeLessThanOrEqual(situation.scheduleMs.length);
      }),
    );
  });

  test("a retry is due after the whole wait that was asked, at a whole millisecond, and not sooner than its step", () => {
    fc.assert(
      fc.property(outcomes, situations, (outcome, situation) => {
        const next = decide(outcome, situation);
        if (next.to !== "pending") return;
        expect(next.dueAt).toBe(NOW + next.waitMs);
        expect(Number.isSafeInteger(next.dueAt)).toBe(true);
        expect(next.waitMs).toBeGreaterThanOrEqual(situation.scheduleMs[situation.attemptsBefore] ?? Number.NaN);
        expect(next.waitMs).toBeLessThanOrEqual(7.7 * DAY_MS);
      }),
    );
  });
});
