import type { Bench } from "./bench.ts";
import { startLoad } from "./load/load.ts";
import type { Loaded } from "./load/protocol.ts";
import { processorSeconds } from "./process-figures.ts";
import type { Tally } from "./receiver/ledger.ts";
import { assertSigned, type Receiver } from "./receiver/receiver.ts";
import type { Latency } from "./statistics.ts";
import type { Subject } from "./subjects/subject.ts";

/** The bytes of `data`, unless a row says otherwise. */
const DATA_BYTES = 1_000;
export const EVENT_TYPE = "resume.created";
/** What a subject has to deliver everything, at least; a slow one gets a multiple of the load's own time. */
const DRAIN_MIN_SECONDS = 30;
const DRAIN_FACTOR = 5;
const WARM_UP_SECONDS = 1;

export interface TrialOptions {
  readonly subject: Subject;
  readonly receiver: Receiver;
  /** Where its webhooks lead to. */
  readonly path: string;
  /** Webhooks that take each event. */
  readonly copies?: number;
  readonly seconds: number;
  readonly types?: readonly string[];
  readonly dataBytes?: number;
  /** `connections` for a closed loop, `perSecond` for an open one. */
  readonly pace: { readonly connections: number } | { readonly perSecond: number };
}

/** A load and everything that came of it: every accepted event was delivered to every webhook, and none twice. */
export interface Trial {
  readonly loaded: Loaded;
  readonly tally: Tally;
  /** Deliveries a second, from the first post to the last arrival. */
  readonly perSecond: number;
  readonly processorSeconds: number;
  /** From the moment an event was due to be posted to its arrival. */
  readonly arrival: Latency;
}

/** Loads a subject that is warm, and waits until it has delivered all that it accepted. */
export async function trial(bench: Bench, options: TrialOptions): Promise<Trial> {
  await using load = startLoad(bench);
  await drain(load, options, WARM_UP_SECONDS);
  await assertSigned(options.receiver);
  const before = processorSecondsOf(options.subject);
  const { loaded, tally } = await drain(load, options, options.seconds);
  const arrival = await options.receiver.call("latency", { path: options.path });
  if (arrival === null) throw new Error("no arrival was timed");
  return {
    ...{ loaded, tally, arrival },
    perSecond: (tally.arrivals * 1_000) / (tally.lastAt - loaded.startedAt),
    processorSeconds: processorSecondsOf(options.subject) - before,
  };
}

async function drain(
  load: ReturnType<typeof startLoad>,
  options: TrialOptions,
  seconds: number,
): Promise<Pick<Trial, "loaded" | "tally">> {
  const { subject, receiver, path, copies = 1, pace, types = [EVENT_TYPE], dataBytes = DATA_BYTES } = options;
  await receiver.call("reset", { path, copies });
  const common = { url: subject.url, authorization: subject.key, seconds, types, dataBytes };
  const loaded =
    "connections" in pace
      ? await load.call("closedLoop", { ...common, ...pace })
      : await load.call("openLoop", { ...common, ...pace });
  const patience = Math.max(DRAIN_MIN_SECONDS, seconds * DRAIN_FACTOR);
  const tally = await receiver.arrived(path, loaded.accepted * copies, patience);
  if (tally.repeated > 0) throw new Error(`${subject.name} delivered ${tally.repeated} events again`);
  return { loaded, tally };
}

function processorSecondsOf({ pids }: Subject): number {
  return pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
}
