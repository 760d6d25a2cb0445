import type { Bench } from "./bench.ts";
import { startReceiver } from "./receiver/receiver.ts";
import { startBare } from "./subjects/bare.ts";
import { startPosthorn } from "./subjects/posthorn.ts";
import { missingForQueue, startQueue } from "./subjects/queue.ts";
import type { Subject } from "./subjects/subject.ts";
import { EVENT_TYPE, type Pace, type Trial, trial } from "./trial.ts";

const PATH = "/one";

/** Starts a subject whose one webhook is `target`. */
type Starter = (bench: Bench, target: string) => Promise<Subject>;

export const STARTERS = { bare: startBare, posthorn: startPosthornFor, queue: startQueue } satisfies Record<
  string,
  Starter
>;
export type Contestant = keyof typeof STARTERS;

/** What the contestants did, run by run; empty for one that this machine cannot run. */
export type Contest = Readonly<Record<Contestant, readonly Trial[]>>;

/** Every run measures all of them, one after another, each from a fresh start: so what drifts, drifts for all. */
async function contest(bench: Bench, contestants: readonly Contestant[], pace: Pace): Promise<Contest> {
  const trials: Record<Contestant, Trial[]> = { bare: [], posthorn: [], queue: [] };
  const able = contestants.filter((name) => name !== "queue" || missingForQueue(bench) === null);
  for (let run = 1; run <= bench.options.runs; run++) {
    for (const name of able) {
      const seen = await single(bench, STARTERS[name], pace);
      trials[name].push(seen);
      bench.say(`  run ${run}: ${name} ${Math.round(seen.perSecond)} a second`);
    }
  }
  return trials;
}

async function single(bench: Bench, start: Starter, pace: Pace): Promise<Trial> {
  await using receiver = await startReceiver(bench);
  await using subject = await start(bench, `${receiver.origins[0]}${PATH}`);
  return await trial(bench, { subject, receiver, path: PATH, seconds: bench.options.seconds, pace });
}

async function startPosthornFor(bench: Bench, target: string): Promise<Subject> {
  const posthorn = await startPosthorn(bench);
  await posthorn.subscribe([{ url: target, events: [EVENT_TYPE] }]);
  return posthorn;
}

/** Measures once for all rows that show a part of the same contest. */
export function sharedContest(contestants: readonly Contestant[], pace: Pace): (bench: Bench) => Promise<Contest> {
  const held = new WeakMap<Bench, Promise<Contest>>();
  return (bench) => {
    const known = held.get(bench) ?? contest(bench, contestants, pace);
    held.set(bench, known);
    return known;
  };
}
