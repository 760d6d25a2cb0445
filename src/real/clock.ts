import type { Clock, Millis } from "../world.ts";

/** Above this a timer of the runtime fires at once instead of late: its delay is a signed 32-bit integer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's clocks; timers of any length. */
export function createClock(): Clock {
  return {
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    after,
    soon: (work) => void setImmediate(work),
  };
}

function after(delayMs: Millis, wake: () => void): () => void {
  let timer = setTimer(delayMs);

  function setTimer(remainingMs: number): ReturnType<typeof setTimeout> {
    if (remainingMs <= TIMER_MAX_MS) return setTimeout(wake, remainingMs);
    return setTimeout(() => {
      timer = setTimer(remainingMs - TIMER_MAX_MS);
    }, TIMER_MAX_MS);
  }

  return () => clearTimeout(timer);
}
