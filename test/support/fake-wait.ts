import type { Clock, Millis } from "../../src/world.ts";

/** Waits on the fake clock. False: `signal` was aborted first. No time at all passes for 0 ms. */
export async function pause(ms: Millis, signal: AbortSignal, clock: Clock): Promise<boolean> {
  if (ms === 0) return !signal.aborted;
  let cancel = () => {};
  const passed = new Promise<true>((resolve) => {
    cancel = clock.after(ms, () => resolve(true));
  });
  const inTime = await orAborted(passed, signal);
  cancel();
  return inTime ?? false;
}

/** What `promise` gives, or null when `signal` is aborted first. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  if (signal.aborted) return null;
  const aborted = Promise.withResolvers<null>();
  const onAbort = () => aborted.resolve(null);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
