import type { Bench } from "../bench.ts";
import { type Memory, memoryOf } from "../process-figures.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { slope } from "../statistics.ts";
import { type Posthorn, startPosthorn } from "../subjects/posthorn.ts";
import { burst, EVENT_TYPE } from "../trial.ts";

const PATH = "/memory";
const EVENTS = 1_000_000;
const STEPS = 20;
/** The first steps are left out of the slope: caches and heaps fill up to their bounds once. */
const STEPS_TO_FILL = 8;
const IDLE_MAX_SECONDS = 3;
/** Of one step: far more than it takes. */
const STEP_MAX_SECONDS = 300;

export const memory: Row = {
  name: "memory",
  what: "Resident memory in MB: idle, then after 1,000,000 events as fast as 64 connections can",
  bars: [
    { what: "idle", unit: "MB", better: "less", goal: 80 },
    { what: "after the events", unit: "MB", better: "less", goal: 160 },
    { what: "slope over the last 600,000", unit: "MB per million", better: "less", goal: 10 },
  ],
  async run(bench) {
    await using subject = await startPosthorn(bench);
    await Bun.sleep(Math.min(IDLE_MAX_SECONDS, bench.options.seconds) * 1_000);
    const idle = memoryOf(subject.pid).residentMb;
    const { samples, eventsEach } = await fill(bench, subject);
    const { residentMb: after, peakMb: peak } = memoryOf(subject.pid);
    const filled = samples.slice(STEPS_TO_FILL);
    const perEvent = slope(filled.map(({ residentMb }, at) => [at * eventsEach, residentMb]));
    return {
      figures: { idle, after, peak, events: eventsEach * STEPS },
      values: [idle, after, perEvent * 1e6],
    };
  },
};

interface Filled {
  readonly samples: readonly Memory[];
  readonly eventsEach: number;
}

/** A sample after each step. */
async function fill(bench: Bench, subject: Posthorn): Promise<Filled> {
  await using receiver = await startReceiver(bench);
  await subject.subscribe([{ url: `${receiver.origins[0]}${PATH}`, events: [EVENT_TYPE] }]);
  const eventsEach = Math.ceil((EVENTS * bench.options.scale) / STEPS);
  const samples: Memory[] = [];
  const pace = { connections: 64, eventsMax: eventsEach };
  for (let step = 1; step <= STEPS; step++) {
    await burst(bench, { subject, receiver, path: PATH, seconds: STEP_MAX_SECONDS, pace });
    samples.push(memoryOf(subject.pid));
  }
  return { samples, eventsEach };
}
