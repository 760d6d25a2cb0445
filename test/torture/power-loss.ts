import assert from "node:assert/strict";
import { DATABASE_FILE, WRITE_AHEAD_LOG_FILE } from "../../src/store/sqlite/connection.ts";
import { fleetingPlace } from "../support/place.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { shimProblem } from "../support/shim.ts";
import type { LogRecord } from "../support/write-log.ts";
import { audit } from "./power-loss-audit.ts";
import { FATES, MortalDisk } from "./power-loss-disk.ts";
import { type Fact, recordRelapse, recordRun } from "./power-loss-recording.ts";
import type { Figures, Suite, SuiteOptions } from "./suite.ts";

/** At the end of a relapse: each fate several times. */
const RELAPSE_IMAGES = 12;
const SHORT = { recordings: 1, images: 500, blindImages: 50, events: 600 };
const FULL = { recordings: 10, images: 2_000, blindImages: 200, events: 3_000 };

/** The power fails at many moments of one run: what was acknowledged by then is there, and nothing is damaged. */
export const powerLoss: Suite = {
  name: "power-loss",
  describe:
    "power loss: nothing acknowledged is lost or damaged, whatever the disk kept of the writes that were not synced",
  problem: shimProblem,
  run,
};

interface Tally {
  images: number;
  lossy: number;
  corrupt: number;
  /** The first that was wrong, for whoever looks for the cause. */
  example: string;
}

async function run({ seed, full }: SuiteOptions): Promise<Figures> {
  const { recordings, images, blindImages, events } = full ? FULL : SHORT;
  const random = createSeededRandom(seed);
  const sound = emptyTally();
  const synced: string[] = [];
  for (const doom of ["kill", "fail"] as const) {
    const records = await recordRelapse(doom);
    const everywhere = records.map((_, index) => index + 1);
    await cut(records, [...everywhere, ...Array<number>(RELAPSE_IMAGES).fill(records.length)], random, sound);
  }
  for (let recording = 0; recording < recordings; recording++) {
    const records = await recordRun({ events, deaf: null });
    synced.push(...records.flatMap((record) => (record.kind === "sync" ? [record.name] : [])));
    await cut(records, anywhere(records, images, random), random, sound);
  }
  assert.equal(sound.lossy + sound.corrupt, 0, sound.example);
  const blind = emptyTally();
  const unsynced = await recordRun({ events: events / 2, deaf: WRITE_AHEAD_LOG_FILE });
  await cut(unsynced, anywhere(unsynced, blindImages, random), random, blind);
  assert.ok(blind.lossy > 0, "a run without the log's syncs lost nothing: this test cannot see");
  return {
    "disk images": sound.images,
    "images that lost something acknowledged": sound.lossy,
    "images that were damaged": sound.corrupt,
    "syncs of the write-ahead log": synced.filter((name) => name === WRITE_AHEAD_LOG_FILE).length,
    "checkpoints into the database": synced.filter((name) => name === DATABASE_FILE).length,
    "without the log's syncs: images": blind.images,
    "without the log's syncs: that lost something": blind.lossy,
    "without the log's syncs: that were damaged": blind.corrupt,
  };
}

/** After which of the records the power fails. */
function anywhere(records: readonly LogRecord[], images: number, random: SeededRandom): readonly number[] {
  return Array.from({ length: images }, () => random.between(1, records.length)).sort((one, two) => one - two);
}

function emptyTally(): Tally {
  return { images: 0, lossy: 0, corrupt: 0, example: "" };
}

/** Lets the power fail after each of these many records, with every fate in turn, and adds up what was left. */
async function cut(
  records: readonly LogRecord[],
  cuts: readonly number[],
  random: SeededRandom,
  tally: Tally,
): Promise<void> {
  using place = fleetingPlace();
  const disk = new MortalDisk();
  const facts: Fact[] = [];
  let taken = 0;
  for (const [number, wanted] of cuts.entries()) {
    for (; taken < wanted; taken++) takeIn(records[taken], disk, facts);
    const fate = FATES[number % FATES.length] ?? "dropped";
    disk.writeImage(place.dataDir, fate, random);
    const { lost, corrupt } = await audit(place.dataDir, facts);
    tally.images += 1;
    tally.lossy += lost.length > 0 ? 1 : 0;
    tally.corrupt += corrupt.length > 0 ? 1 : 0;
    if (tally.example === "" && lost.length + corrupt.length > 0) {
      const found = [...corrupt, ...lost].slice(0, 5).join("; ");
      tally.example = `image ${number}, cut after ${wanted} of ${records.length} records, unsynced writes ${fate}: ${found}`;
    }
  }
}

function takeIn(record: LogRecord | undefined, disk: MortalDisk, facts: Fact[]): void {
  if (record === undefined) return;
  disk.take(record);
  // Written by this very suite.
  if (record.kind === "acknowledged") facts.push(record.fact as Fact);
}
