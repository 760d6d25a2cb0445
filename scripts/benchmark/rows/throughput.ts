import type { Contest } from "../contest.ts";
import type { Row } from "../row.ts";
import { saturation } from "../saturation.ts";
import { median } from "../statistics.ts";
import { missingForQueue } from "../subjects/queue.ts";

export const throughput: Row = {
  name: "throughput",
  what: "Events accepted and delivered a second, one webhook, 64 connections",
  bars: [
    { what: "of bare", unit: "×", better: "more", goal: 0.75, floor: 0.6 },
    { what: "of queue", unit: "×", better: "more", goal: 8 },
  ],
  async run(bench) {
    const seen = await saturation(bench);
    const [posthorn, bare] = [rateOf(seen.posthorn), rateOf(seen.bare)];
    const queue = seen.queue.length === 0 ? null : rateOf(seen.queue);
    const missing = missingForQueue(bench);
    return {
      figures: { Posthorn: posthorn, bare, ...(queue !== null && { queue }) },
      values: [posthorn / bare, queue === null ? null : posthorn / queue],
      ...(missing !== null && { notes: [missing] }),
    };
  },
};

function rateOf(trials: Contest["bare"]): number {
  return median(trials.map(({ perSecond }) => perSecond));
}
