import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseRetryAfter, waitBeforeRetry } from "../../src/domain/retry.ts";

const SPECIFIED = [1_000, 2_000, 4_000];
const schedule = fc.array(fc.integer({ min: 100, max: 604_800_000 }), { maxLength: 20 });
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the wait before a retry", () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, null],
    [5, null],
  ])("after attempt %d of the specification's schedule is %p", (attempt, waitMs) => {
    expect(waitBeforeRetry(SPECIFIED, attempt, 0)).toBe(waitMs);
  });

  test("is none without a schedule", () => {
    expect(waitBeforeRetry([], 1, 0)).toBeNull();
  });

  test("is the step and up to a tenth more, in whole milliseconds", () => {
    expect(waitBeforeRetry([1_000], 1, 0.5)).toBe(1_050);
    expect(waitBeforeRetry([1_000], 1, 1 - Number.EPSILON)).toBe(1_099);
    fc.assert(
      fc.property(schedule, unit, (steps, jitter) => {
        for (const [index, stepMs] of steps.entries()) {
          const waitMs = waitBeforeRetry(steps, index + 1, jitter);
          expect(Number.isInteger(waitMs)).toBe(true);
          expect(waitMs).toBeWithin(stepMs, stepMs + stepMs / 10 + 1);
        }
        expect(waitBeforeRetry(steps, steps.length + 1, jitter)).toBeNull();
      }),
    );
  });

  test("grows with the chance that is given", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 604_800_000 }), unit, unit, (stepMs, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(waitBeforeRetry([stepMs], 1, less) ?? 0).toBeLessThanOrEqual(waitBeforeRetry([stepMs], 1, more) ?? 0);
      }),
    );
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0, 500);

  test.each([
    ["0", 0],
    ["120", 120_000],
    ["007", 7_000],
    ["  30\t", 30_000],
    ["86401", 86_401_000],
    ["99999999999999999999", Number.MAX_SAFE_INTEGER],
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
    ["Thu, 01 Jan 2026 12:02:00 GMT", 119_500],
    ["Thursday, 01-Jan-26 12:02:00 GMT", 119_500],
    ["Thu Jan  1 12:02:00 2026", 119_500],
    ["Thu, 01 Jan 2026 12:00:00 GMT", 0],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
  ])("of %p is a wait of %d ms", (value, waitMs) => {
    expect(parseRetryAfter(value, now)).toBe(waitMs);
  });

  test.each([
    "",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "Infinity",
    "soon",
    "120s",
    "120, 120",
    "2026-01-01T12:02:00Z",
    "٣",
  ])("of %p is none", (value) => {
    expect(parseRetryAfter(value, now)).toBeNull();
  });

  test("is never negative and never a fraction, whatever a receiver writes", () => {
    const value = fc.oneof(
      fc.string(),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.nat().map(String),
    );
    fc.assert(
      fc.property(value, (text) => {
        const waitMs = parseRetryAfter(text, now);
        if (waitMs !== null) expect(Number.isSafeInteger(waitMs) && waitMs >= 0).toBe(true);
      }),
    );
  });
});
