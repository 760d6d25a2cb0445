import assert from "node:assert/strict";
import { DATABASE_FILE, WRITE_AHEAD_LOG_FILE } from "../../src/store/sqlite/connection.ts";
import { fleetingPlace } from "../support/place.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { shimProblem } from "../support/shim.ts";
import type { LogRecord } from "../support/write-log.ts";
import { buildWith } from "./hooked-build.ts";
import { audit } from "./power-loss-audit.ts";
import { FATES, MortalDisk } from "./power-loss-disk.ts";
import { type Fact, recordRelapse, recordRun } from "./power-loss-recording.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

/** At the end of a relapse: each fate several times. */
const RELAPSE_IMAGES = 12;
const SHORT = { recordings: 1, images: 500, laxImages: 50, events: 600 };
const FULL = { recordings: 10, images: 2_000, laxImages: 200, events: 3_000 };

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
  const { recordings, images, laxImages, events } = full ? FULL : SHORT;
  const random = createSeededRandom(seed);
  const sound = emptyTally();
  const synced: string[] = [];
  await cutRelapses(random, sound);
  const tell = progress("recordings", recordings);
  for (let recording = 0; recording < recordings; recording++) {
    const records = await recordRun({ events });
    synced.push(...records.flatMap((record) => (record.kind === "sync" ? [record.name] : [])));
    await cut(records, anywhere(records, images, random), random, sound);
    tell(recording + 1);
  }
  assert.equal(sound.lossy + sound.corrupt, 0, sound.example);
  const lax = await cutLaxRun(events, laxImages, random);
  return {
    "disk images": sound.images,
    "images that lost something acknowledged": sound.lossy,
    "images that were damaged": sound.corrupt,
    "syncs of the write-ahead log": synced.filter((name) => name === WRITE_AHEAD_LOG_FILE).length,
    "checkpoints into the database": synced.filter((name) => name === DATABASE_FILE).length,
    "with synchronous=NORMAL: images": lax.images,
    "with synchronous=NORMAL: that lost something": lax.lossy,
    "with synchronous=NORMAL: that were damaged": lax.corrupt,
  };
}

/** The few records of a relapse are cut after each of them. */
async function cutRelapses(random: SeededRandom, tally: Tally): Promise<void> {
  for (const doom of ["kill", "fail"] as const) {
    const records = await recordRelapse(doom);
    const everywhere = records.map((_, index) => index + 1);
    await cut(records, [...everywhere, ...Array<number>(RELAPSE_IMAGES).fill(records.length)], random, tally);
  }
}

/** The same run without a sync of each commit: it has to lose something, which shows that the suite can see, and damages nothing. */
async function cutLaxRun(events: number, images: number, random: SeededRandom): Promise<Tally> {
  using build = await buildWith("lax-commits.ts");
  const tally = emptyTally();
  const records = await recordRun({ events, binary: build.path });
  await cut(records, anywhere(records, images, random), random, tally);
  assert.ok(tally.lossy > 0, "a run with synchronous=NORMAL lost nothing: this suite cannot see");
  assert.equal(tally.corrupt, 0, tally.example);
  return tally;
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
