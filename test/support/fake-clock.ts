import { MinHeap } from "../../src/delivery/min-heap.ts";
import type { Clock, Millis } from "../../src/world.ts";

export interface FakeClock extends Clock {
  /**
   * Moves both clocks by `ms` and wakes every timer that falls due on the way: in order, each at its exact time, with
   * all promise chains settled before the first, between two and after the last. A week takes no longer than its timers.
   *
   * @param afterEach called when the chains that a timer set going have settled; what it throws ends the advance
   */
  advance(ms: Millis, afterEach?: () => void): Promise<void>;
  /** Lets every promise chain run to its end without moving time. */
  settle(): Promise<void>;
  /** The operator (or NTP) sets the wall clock; durations do not notice. */
  stepWall(ms: Millis): void;
  /** Timers that were set and neither fired nor cancelled. */
  readonly pending: number;
  /** How far away the next timer is; null when there is none. */
  readonly nextInMs: number | null;
}

interface Timer {
  readonly dueAt: number;
  /** Of two that are due at once, the one that was set first goes first. */
  readonly order: number;
  readonly wake: () => void;
  /** A cancelled timer stays in the heap until it comes out. */
  isCancelled: boolean;
}

/** The specification's own sample date, so that a test's numbers are easy to read. */
export const FAKE_START: Millis = Date.parse("2024-12-30T10:00:00Z");
/** Far from the wall clock and not zero, so that code which confuses the two cannot pass. */
const MONOTONIC_START = 1_000_000;

/** A clock that stands still until it is told to move. */
export function createFakeClock(startWall: Millis = FAKE_START): FakeClock {
  const timers = new MinHeap<Timer>((a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order));
  let wallOffset = startWall - MONOTONIC_START;
  let now = MONOTONIC_START;
  let lastOrder = 0;
  let pending = 0;
  let advancing = false;

  function after(delayMs: Millis, wake: () => void): () => void {
    const timer: Timer = { dueAt: now + Math.max(0, delayMs), order: ++lastOrder, wake, isCancelled: false };
    timers.push(timer);
    pending += 1;
    return () => {
      if (!timer.isCancelled) pending -= 1;
      timer.isCancelled = true;
    };
  }

  function next(): Timer | undefined {
    while (timers.least?.isCancelled) timers.pop();
    return timers.least;
  }

  function takeDue(until: number): Timer | undefined {
    const first = next();
    if (first === undefined || first.dueAt > until) return undefined;
    timers.pop();
    pending -= 1;
    // So that cancelling it later does not count it twice.
    first.isCancelled = true;
    return first;
  }

  async function advance(ms: Millis, afterEach = () => {}): Promise<void> {
    if (advancing) throw new Error("the fake clock is being advanced already: await the first call");
    advancing = true;
    try {
      const until = now + ms;
      await settle();
      for (let timer = takeDue(until); timer !== undefined; timer = takeDue(until)) {
        now = timer.dueAt;
        timer.wake();
        await settle();
        afterEach();
      }
      now = until;
    } finally {
      advancing = false;
    }
  }

  return {
    wall: () => Math.floor(now + wallOffset),
    monotonic: () => now,
    after,
    soon: queueMicrotask,
    advance,
    settle,
    stepWall: (ms) => {
      wallOffset += ms;
    },
    get pending() {
      return pending;
    },
    get nextInMs() {
      const first = next();
      return first === undefined ? null : first.dueAt - now;
    },
  };
}

/** A macrotask runs only when no microtask is left, however long the chains are. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
