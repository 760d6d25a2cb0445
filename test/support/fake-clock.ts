import type { Clock, Millis } from "../../src/world.ts";

export interface FakeClock extends Clock {
  /**
   * Moves both clocks by `ms` and wakes every timer that falls due on the way: in order, each at its exact time, with
   * all promise chains settled before the first, between two and after the last. A week takes no longer than its timers.
   */
  advance(ms: Millis): Promise<void>;
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
  readonly wake: () => void;
}

/** The specification's own sample date, so that a test's numbers are easy to read. */
export const FAKE_START: Millis = Date.parse("2024-12-30T10:00:00Z");
/** Far from the wall clock and not zero, so that code which confuses the two cannot pass. */
const MONOTONIC_START = 1_000_000;

/** A clock that stands still until it is told to move. */
export function createFakeClock(startWall: Millis = FAKE_START): FakeClock {
  const timers: Timer[] = [];
  let wallOffset = startWall - MONOTONIC_START;
  let now = MONOTONIC_START;
  let advancing = false;

  function after(delayMs: Millis, wake: () => void): () => void {
    const timer: Timer = { dueAt: now + Math.max(0, delayMs), wake };
    const later = timers.findIndex((other) => other.dueAt > timer.dueAt);
    timers.splice(later === -1 ? timers.length : later, 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index !== -1) timers.splice(index, 1);
    };
  }

  function takeDue(until: number): Timer | undefined {
    const first = timers[0];
    return first !== undefined && first.dueAt <= until ? timers.shift() : undefined;
  }

  async function advance(ms: Millis): Promise<void> {
    if (advancing) throw new Error("the fake clock is being advanced already: await the first call");
    advancing = true;
    try {
      const until = now + ms;
      await settle();
      for (let timer = takeDue(until); timer !== undefined; timer = takeDue(until)) {
        now = timer.dueAt;
        timer.wake();
        await settle();
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
    advance,
    settle,
    stepWall: (ms) => {
      wallOffset += ms;
    },
    get pending() {
      return timers.length;
    },
    get nextInMs() {
      return timers[0] === undefined ? null : timers[0].dueAt - now;
    },
  };
}

/** A macrotask runs only when no microtask is left, however long the chains are. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
