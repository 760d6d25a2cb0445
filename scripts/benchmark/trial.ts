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
/** A second is over before the compiler has seen what matters. */
const WARM_UP_MAX_SECONDS = 3;

export interface TrialOptions {
  readonly subject: Subject;
  readonly receiver: Receiver;
  /** Where its webhooks lead to. */
  readonly path: string;
  /** Webhooks that take each event. */
  readonly copies?: number;
  /** Of the events that lead to `path`, when others lead elsewhere. */
  readonly share?: number;
  readonly seconds: number;
  readonly types?: readonly string[];
  readonly dataBytes?: number;
  readonly pace: Pace;
}

/** `connections` for a closed loop, `perSecond` for an open one. */
export type Pace = { readonly connections: number; readonly eventsMax?: number } | { readonly perSecond: number };

/** What came of a load: every accepted event was delivered to every webhook, and none twice. */
export interface Burst {
  readonly loaded: Loaded;
  readonly tally: Tally;
  /** Deliveries a second, from the first post to the last arrival. */
  readonly perSecond: number;
  /** Of processor time for each delivery. */
  readonly microsecondsEach: number;
  /** From the moment an event was due to be posted to its arrival. */
  readonly arrival: Latency;
}

export interface Trial extends Burst {
  /** Events before it. */
  readonly warmedUpWith: number;
}

/** Loads a subject that is warm. */
export async function trial(bench: Bench, options: TrialOptions): Promise<Trial> {
  const warmUp = await burst(bench, { ...options, seconds: Math.min(WARM_UP_MAX_SECONDS, options.seconds) });
  await assertSigned(options.receiver);
  return { ...(await burst(bench, options)), warmedUpWith: warmUp.loaded.accepted };
}

/** Loads a subject and waits until it has delivered all that it accepted. */
export async function burst(bench: Bench, options: TrialOptions): Promise<Burst> {
  const { subject, receiver, path, copies = 1, share = 1, seconds } = options;
  await receiver.call("reset", { path, copies });
  const secondsBefore = processorSecondsOf(subject);
  const loaded = await post(bench, options);
  const patience = Math.max(DRAIN_MIN_SECONDS, seconds * DRAIN_FACTOR);
  const tally = await receiver.arrived(path, Math.round(loaded.accepted * copies * share), patience);
  if (tally.repeated > 0) throw new Error(`${subject.name} delivered ${tally.repeated} events again`);
  const arrival = await receiver.call("latency", { path });
  if (arrival === null) throw new Error("no arrival was timed");
  return {
    ...{ loaded, tally, arrival },
    perSecond: (tally.arrivals * 1_000) / (tally.lastAt - loaded.startedAt),
    microsecondsEach: ((processorSecondsOf(subject) - secondsBefore) * 1e6) / tally.arrivals,
  };
}

async function post(bench: Bench, options: TrialOptions): Promise<Loaded> {
  const { subject, seconds, pace, types = [EVENT_TYPE], dataBytes = DATA_BYTES } = options;
  await using load = startLoad(bench);
  const common = { url: subject.url, authorization: subject.key, seconds, types, dataBytes };
  return "connections" in pace
    ? await load.call("closedLoop", { ...common, ...pace })
    : await load.call("openLoop", { ...common, ...pace });
}

function processorSecondsOf({ pids }: Subject): number {
  return pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
}
