import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { saturation } from "../saturation.ts";
import { median } from "../statistics.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { EVENT_TYPE, type Trial, trial } from "../trial.ts";

const PATH = "/fan-out";
const WEBHOOKS = 10;

export const fanOut: Row = {
  name: "fan-out",
  what: "Deliveries a second, each event to 10 webhooks, 64 connections",
  bars: [{ what: "of one webhook", unit: "×", better: "more", goal: 1.3 }],
  async run(bench) {
    const single = median((await saturation(bench)).posthorn.map(({ perSecond }) => perSecond));
    const trials: Trial[] = [];
    for (let run = 1; run <= bench.options.runs; run++) {
      await using receiver = await startReceiver(bench);
      await using subject = await startPosthorn(bench);
      const webhook = { url: `${receiver.origins[0]}${PATH}`, events: [EVENT_TYPE] };
      await subject.subscribe(Array.from({ length: WEBHOOKS }, () => webhook));
      const { seconds } = bench.options;
      const pace = { connections: 64 };
      trials.push(await trial(bench, { subject, receiver, path: PATH, copies: WEBHOOKS, seconds, pace }));
    }
    const posthorn = median(trials.map(({ perSecond }) => perSecond));
    return { figures: { Posthorn: posthorn, "one webhook": single }, values: [posthorn / single] };
  },
};
