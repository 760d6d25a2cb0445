import { statSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { EVENT_TYPE, trial } from "../trial.ts";

const PATH = "/disk";
/** Of `data`, the first for the verdict. The next lies badly in pages of 4 kB: one such row fills half of one. */
const PAYLOADS = [1_000, 100, 2_200, 8_000];
/** Enough events for a mean. */
const SECONDS_MAX = 3;
const FACTOR = 1.6;
const FIXED = 400;

export const disk: Row = {
  name: "disk",
  what: "Bytes of the database file for each event with one delivery, 1,000 B payload",
  bars: [{ what: `less ${FACTOR} × payload`, unit: "B", better: "less", goal: FIXED }],
  async run(bench) {
    const figures: Record<string, number> = {};
    for (const payload of PAYLOADS) figures[`${payload} B`] = await bytesEach(bench, payload);
    const [verdictOn = 0] = PAYLOADS;
    return { figures, values: [(figures[`${verdictOn} B`] ?? 0) - FACTOR * verdictOn] };
  },
};

async function bytesEach(bench: Bench, dataBytes: number): Promise<number> {
  await using receiver = await startReceiver(bench);
  await using subject = await startPosthorn(bench);
  await subject.subscribe([{ url: `${receiver.origins[0]}${PATH}`, events: [EVENT_TYPE] }]);
  const file = join(subject.directory, "data/posthorn.db");
  const seconds = Math.min(bench.options.seconds, SECONDS_MAX);
  const seen = await trial(bench, { subject, receiver, path: PATH, dataBytes, seconds, pace: { connections: 64 } });
  // What is in the log only comes into the file by the stop.
  await subject.stop();
  return statSync(file).size / (seen.tally.arrivals + seen.warmedUpWith);
}
