import type { Bench } from "../bench.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { median } from "../statistics.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { type Trial, trial } from "../trial.ts";

const WEBHOOKS = 1_000;
const HANGING = 100;
const ANSWERED = "/answered";
const NEVER_ANSWERED = "/hang";
const PER_SECOND = 1_000;

export const hanging: Row = {
  name: "hanging",
  what: "p99 from an event's due time to its arrival in ms, 1,000 webhooks at 1,000 events a second, while 100 of them hang",
  bars: [{ what: "of the p99 when none hangs", unit: "×", better: "less", goal: 1.1 }],
  async run(bench) {
    const healthy: Trial[] = [];
    const mixed: Trial[] = [];
    for (let run = 1; run <= bench.options.runs; run++) {
      healthy.push(await loaded(bench, 0));
      mixed.push(await loaded(bench, HANGING));
    }
    const [none, some] = [p99Of(healthy), p99Of(mixed)];
    return { figures: { "none hangs": none, "100 hang": some }, values: [some / none] };
  },
};

async function loaded(bench: Bench, hangingWebhooks: number): Promise<Trial> {
  await using receiver = await startReceiver(bench);
  await using subject = await startPosthorn(bench, { settings: { POSTHORN_EVENT_TYPES: "any" } });
  const types = Array.from({ length: WEBHOOKS }, (_, at) => `benchmark.number-${at}`);
  const pathOf = (at: number) => (at < hangingWebhooks ? NEVER_ANSWERED : ANSWERED);
  const origin = receiver.origins[0];
  await subject.subscribe(types.map((type, at) => ({ url: `${origin}${pathOf(at)}`, events: [type] })));
  const share = (WEBHOOKS - hangingWebhooks) / WEBHOOKS;
  // Whole turns through all webhooks: then the share is exact.
  const seconds = Math.max(1, Math.round(bench.options.seconds)) * (WEBHOOKS / PER_SECOND);
  return await trial(bench, {
    subject,
    receiver,
    path: ANSWERED,
    types,
    share,
    seconds,
    pace: { perSecond: PER_SECOND },
  });
}

function p99Of(trials: readonly Trial[]): number {
  return median(trials.map(({ arrival }) => arrival.p99));
}
