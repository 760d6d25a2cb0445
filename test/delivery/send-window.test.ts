import { expect, test } from "bun:test";
import { SendWindow } from "../../src/delivery/send-window.ts";
import { STANDING, type Standing } from "../../src/delivery/standing.ts";
import type { Outcome } from "../../src/domain/attempt.ts";

const success: Outcome = { kind: "success", status: 200 };
const serverError: Outcome = { kind: "status", status: 500, statusText: "", retryAfterMs: null };
const timeout: Outcome = { kind: "timeout", afterMs: 30_000 };
const refused: Outcome = { kind: "unreachable", failure: "connect_refused" };

test("a window starts at two and doubles with each quick answer, whatever its status, up to its cap", () => {
  const window = new SendWindow(16);
  const sizes = [success, serverError, success, success].map((outcome) => {
    window.adjust(outcome, 1_000);
    return window.size;
  });
  expect(sizes).toEqual([4, 8, 16, 16]);
});

test("its standing is how long the last attempt kept the slot; of a new one nobody knows", () => {
  const window = new SendWindow(16);
  const told: Standing[] = [window.standing];
  for (const [outcome, durationMs] of [
    [success, 5],
    [timeout, 30_000],
    [refused, 5],
    [serverError, 1_001],
    [success, 5_000],
    [success, 5_001],
    [refused, 3_000],
  ] as const) {
    window.adjust(outcome, durationMs);
    told.push(window.standing);
  }
  const { quick, slow, hanging } = STANDING;
  expect(told).toEqual([STANDING.new, quick, hanging, quick, slow, slow, hanging, hanging]);
});

test("a slow answer halves it, down to one", () => {
  const window = new SendWindow(16);
  window.adjust(success, 1_001);
  window.adjust(success, 1_001);
  expect(window.size).toBe(1);
});

test.each([timeout, refused])("a receiver that does not answer gets one request at a time: %j", (outcome) => {
  const window = new SendWindow(16);
  window.adjust(success, 5);
  window.adjust(outcome, 5);
  expect(window.size).toBe(1);
});

test("a quarter of the slots, at least one, is for first attempts", () => {
  const window = new SendWindow(16);
  expect(window.reservedForFirst).toBe(1);
  for (let answers = 0; answers < 3; answers++) window.adjust(success, 5);
  expect(window.reservedForFirst).toBe(4);
});

test("a cap of one is kept from the start", () => {
  expect(new SendWindow(1).size).toBe(1);
});
