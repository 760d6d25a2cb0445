import type { Clock, Millis } from "./world.ts";

/**
 * Wall time at the start plus monotonic time since: what due times are compared with, so that a stepped clock neither
 * stalls a delivery nor sends one early.
 */
export function engineTime(clock: Pick<Clock, "wall" | "monotonic">): () => Millis {
  const offset = clock.wall() - clock.monotonic();
  return () => Math.floor(clock.monotonic() + offset);
}
