import type { Bench } from "../bench.ts";
import { now } from "../clock.ts";
import { memoryOf } from "../process-figures.ts";
import { type Receiver, startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { prepared } from "../template.ts";
import { type Trial, trial } from "../trial.ts";

const BACKLOG = "/backlog";
const FRESH = "/fresh";
const BACKLOG_TYPE = "resume.created";
const FRESH_TYPE = "resume.updated";
const DELIVERIES = 1_000_000;
/** What an all but empty table holds: enough for a rate. */
const FEW = 50_000;
const DATA_BYTES = 1_000;
const FRESH_PER_SECOND = 50;
const DRAIN_MAX_SECONDS = 1_800;
const HOUR_MS = 3_600_000;

export const backlog: Row = {
  name: "backlog",
  what: "Draining 1,000,000 pending deliveries of one webhook",
  bars: [
    { what: "start to first send", unit: "s", better: "less", goal: 2 },
    { what: "memory at most", unit: "MB", better: "less", goal: 300 },
    { what: "rate, of that with a small backlog", unit: "×", better: "more", goal: 0.9 },
    { what: "another webhook's p99, of the idle one", unit: "×", better: "less", goal: 20 },
  ],
  async run(bench) {
    await using receiver = await startReceiver(bench);
    const { scale } = bench.options;
    const few = await drained(bench, receiver, Math.ceil(FEW * Math.min(1, scale)));
    const many = await drained(bench, receiver, Math.ceil(DELIVERIES * scale));
    const [idle, meanwhile] = [few.after.arrival.p99, many.meanwhile.arrival.p99];
    return {
      figures: {
        ...{ "first send in s": many.firstSendSeconds, "MB at most": many.peakMb },
        ...{ "a second": many.perSecond, "a second with a small backlog": few.perSecond },
        ...{ "fresh p99 in ms, idle": idle, meanwhile: meanwhile },
      },
      values: [many.firstSendSeconds, many.peakMb, many.perSecond / few.perSecond, meanwhile / idle],
    };
  },
};

interface Drained {
  readonly firstSendSeconds: number;
  readonly perSecond: number;
  readonly peakMb: number;
  /** Fresh events for another webhook, during the drain and after it. */
  readonly meanwhile: Trial;
  readonly after: Trial;
}

async function drained(bench: Bench, receiver: Receiver, deliveries: number): Promise<Drained> {
  const { options } = await prepared(bench, {
    ...{ receiver, dataBytes: DATA_BYTES, count: deliveries, state: "pending", types: [BACKLOG_TYPE] },
    ...{ from: Date.now() - HOUR_MS, until: Date.now() },
    webhooks: [
      { url: `${receiver.origins[0]}${BACKLOG}`, events: [BACKLOG_TYPE] },
      { url: `${receiver.origins[0]}${FRESH}`, events: [FRESH_TYPE] },
    ],
  });
  await receiver.call("reset", { path: BACKLOG, copies: 1 });
  const startedAt = now();
  await using subject = await startPosthorn(bench, options);
  const { seconds } = bench.options;
  const fresh = { subject, receiver, path: FRESH, types: [FRESH_TYPE], seconds, pace: { perSecond: FRESH_PER_SECOND } };
  const meanwhile = await trial(bench, fresh);
  const tally = await receiver.arrived(BACKLOG, deliveries, DRAIN_MAX_SECONDS);
  if (tally.repeated > 0) throw new Error(`${tally.repeated} deliveries of the backlog came again`);
  return {
    ...{ meanwhile, after: await trial(bench, fresh), peakMb: memoryOf(subject.pid).peakMb },
    firstSendSeconds: (tally.firstAt - startedAt) / 1_000,
    perSecond: (tally.arrivals * 1_000) / (tally.lastAt - tally.firstAt),
  };
}
