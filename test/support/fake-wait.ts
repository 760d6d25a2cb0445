import type { Clock, Cutoff, Millis } from "../../src/world.ts";

/** Waits on the fake clock. False: it was cut off first. No time at all passes for 0 ms. */
export async function pause(ms: Millis, cutoff: Cutoff, clock: Clock): Promise<boolean> {
  if (ms === 0) return !cutoff.isCut;
  let cancel = () => {};
  const passed = new Promise<true>((resolve) => {
    cancel = clock.after(ms, () => resolve(true));
  });
  const inTime = await orCut(passed, cutoff);
  cancel();
  return inTime ?? false;
}

/** What `promise` gives, or null when it is cut off first. */
export async function orCut<Value>(promise: Promise<Value>, cutoff: Cutoff): Promise<Value | null> {
  if (cutoff.isCut) return null;
  const cut = Promise.withResolvers<null>();
  cutoff.onCut = () => cut.resolve(null);
  try {
    return await Promise.race([promise, cut.promise]);
  } finally {
    cutoff.onCut = null;
  }
}
