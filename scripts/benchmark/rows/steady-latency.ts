import type { Contest } from "../contest.ts";
import type { Measured } from "../row.ts";
import { type Latency, median } from "../statistics.ts";
import type { Trial } from "../trial.ts";

/** One latency of the contestants: Posthorn's p50 less bare's, and its p99 as a multiple of bare's. */
export function compareLatency(seen: Contest, latencyOf: (trial: Trial) => Latency): Measured {
  const middle = (trials: readonly Trial[], share: "p50" | "p99") =>
    median(trials.map((trial) => latencyOf(trial)[share]));
  const figures = Object.entries({ Posthorn: seen.posthorn, bare: seen.bare, queue: seen.queue })
    .filter(([, trials]) => trials.length > 0)
    .flatMap(([name, trials]) => [
      [`${name} p50`, middle(trials, "p50")] as const,
      [`${name} p99`, middle(trials, "p99")] as const,
    ]);
  return {
    figures: Object.fromEntries(figures),
    values: [
      middle(seen.posthorn, "p50") - middle(seen.bare, "p50"),
      middle(seen.posthorn, "p99") / middle(seen.bare, "p99"),
    ],
  };
}
