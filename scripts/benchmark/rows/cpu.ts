import type { Contest } from "../contest.ts";
import type { Row } from "../row.ts";
import { saturation } from "../saturation.ts";
import { median } from "../statistics.ts";

export const cpu: Row = {
  name: "cpu",
  what: "Processor time (user and system) for each delivered event, in µs",
  bars: [{ what: "of bare", unit: "×", better: "less", goal: 1.5, floor: 1.8 }],
  async run(bench) {
    const seen = await saturation(bench);
    const [posthorn, bare] = [microsecondsOf(seen.posthorn), microsecondsOf(seen.bare)];
    const queue = seen.queue.length === 0 ? {} : { queue: microsecondsOf(seen.queue) };
    return { figures: { Posthorn: posthorn, bare, ...queue }, values: [posthorn / bare] };
  },
};

function microsecondsOf(trials: Contest["bare"]): number {
  return median(trials.map((trial) => trial.microsecondsEach));
}
