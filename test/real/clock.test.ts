import { afterEach, expect, jest, test } from "bun:test";
import { createClock } from "../../src/real/clock.ts";

const DAY_MS = 86_400_000;

afterEach(() => {
  jest.useRealTimers();
});

test("a delay of thirty days, longer than a timer of the runtime can be, ends after thirty days and not before", () => {
  jest.useFakeTimers();
  let woken = 0;
  createClock().after(30 * DAY_MS, () => woken++);
  jest.advanceTimersByTime(30 * DAY_MS - 1);
  expect(woken).toBe(0);
  jest.advanceTimersByTime(1);
  expect(woken).toBe(1);
});

test("a delay of thirty days does not fire at once on the runtime's own timers", async () => {
  const clock = createClock();
  let woken = 0;
  const cancel = clock.after(30 * DAY_MS, () => woken++);
  await new Promise<void>((resolve) => clock.after(20, resolve));
  cancel();
  expect(woken).toBe(0);
});

test("a cancelled delay never fires, not even one that was chained already", () => {
  jest.useFakeTimers();
  let woken = 0;
  const cancel = createClock().after(30 * DAY_MS, () => woken++);
  jest.advanceTimersByTime(29 * DAY_MS);
  cancel();
  jest.advanceTimersByTime(2 * DAY_MS);
  expect(woken).toBe(0);
});

test("wall time is in whole milliseconds since 1970, and monotonic time goes on with real time", async () => {
  const clock = createClock();
  const [wall, monotonic] = [clock.wall(), clock.monotonic()];
  await new Promise<void>((resolve) => clock.after(20, resolve));
  expect(Number.isInteger(wall)).toBe(true);
  expect(new Date(wall).getUTCFullYear()).toBeGreaterThanOrEqual(2024);
  expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(19);
});
