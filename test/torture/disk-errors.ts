import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE, WRITE_AHEAD_LOG_FILE } from "../../src/store/sqlite/connection.ts";
import { LOOPBACK_ALLOWED, nothingPending, runBinary, startBinary } from "../support/binary.ts";
import { type DiskFault, type FaultyDisk, faultyDisk } from "../support/faulty-disk.ts";
import { type KeptState, keptState } from "../support/kept-state.ts";
import { type Load, startLoad } from "../support/load.ts";
import { emptyPlace } from "../support/place.ts";
import type { Program } from "../support/program.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { shimProblem } from "../support/shim.ts";
import { endOf } from "./end-of.ts";
import { Posts } from "./posts.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

const PLENTY_BYTES = 1_024 * 1_024 * 1_024;
const ROUNDS = { short: 1, full: 100 };
const EVENTS_PER_SECOND = 200;
const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4_096;
/** Of a frame: its checksum and its page. What lies before tells which use of the log it belongs to. */
const CHECKED_FROM = 16;
const DAMAGED_FRAMES_MAX = 20;
const LEFT_OUT = /the end of the write-ahead log is damaged or cut off/;

/** The disk gives errors, or not what was written to it. */
export const diskErrors: Suite = {
  name: "disk-errors",
  describe:
    "a disk that fails: nothing is acknowledged that it may not hold, the end is a clear line, the next start goes on",
  problem: shimProblem,
  run,
};

async function run({ seed, full }: SuiteOptions): Promise<Figures> {
  const random = createSeededRandom(seed);
  const counts = { acknowledged: 0, leftOut: 0, damaged: 0 };
  const rounds = full ? ROUNDS.full : ROUNDS.short;
  const tell = progress("rounds", rounds);
  for (let round = 0; round < rounds; round++) {
    counts.acknowledged += await failUnderLoad("sync-fails", random);
    counts.acknowledged += await failUnderLoad("read-only", random);
    await loseTheIndex(random);
    counts.leftOut += await damageTheTail(random);
    counts.damaged += 1;
    tell(round + 1);
  }
  return {
    "events acknowledged before an error, none lost": counts.acknowledged,
    "logs damaged in their last frames": counts.damaged,
    "events lost with the damaged tails": counts.leftOut,
  };
}

/** The process does not trust what it has in memory: it ends at once, and neither it nor a start on such a disk promises anything more. */
async function failUnderLoad(fault: DiskFault, random: SeededRandom): Promise<number> {
  using disk = faultyDisk(PLENTY_BYTES);
  await using receiver = startReceiver();
  const { posthorn, posts, load } = await startUnderLoad(disk, receiver, random);
  await using _ = posthorn;
  disk.become(fault);
  const before = new Set(posts.posted);
  const { exitCode, out, error } = await endOf(posthorn, "the process ends with the error");
  await load.stop();
  assert.deepEqual([exitCode, error], [1, ""], fault);
  expectClearLine(out);
  assert.deepEqual([...posts.acknowledged.difference(before)], [], "acknowledged after the disk had failed");
  await expectRefusedStart(disk);
  disk.become("none");
  await goOn(disk);
  posts.check(keptState(disk.dataDir));
  expectSent(receiver, posts);
  return posts.acknowledged.size;
}

/** At least once: an outcome that the disk did not take is no reason not to send again. */
function expectSent({ requests }: Receiver, { acknowledged }: Posts): void {
  const sent = new Set(requests.map(({ body }): string => JSON.parse(body).id));
  assert.deepEqual([...acknowledged.difference(sent)], [], "acknowledged and never sent");
}

function expectClearLine(out: string): void {
  const last: unknown = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  assert.partialDeepStrictEqual(last, { level: "error", message: "Posthorn cannot go on" });
  assert.match(JSON.stringify(last), /The store has failed: SQLiteError: /);
}

async function expectRefusedStart(disk: FaultyDisk): Promise<void> {
  const { exitCode, out, error } = await runBinary(["serve"], { place: disk, env: disk.settings });
  assert.deepEqual([exitCode, out], [1, ""]);
  assert.match(error, /^[^\n]+ cannot be (written|opened)[^\n]+\.\n$/);
}

/** The index of the log is made anew from the log. */
async function loseTheIndex(random: SeededRandom): Promise<void> {
  using disk = faultyDisk(PLENTY_BYTES);
  await using receiver = startReceiver();
  const posts = await killUnderLoad(disk, receiver, random);
  rmSync(join(disk.dataDir, `${DATABASE_FILE}-shm`));
  await goOn(disk);
  posts.check(keptState(disk.dataDir));
  expectSent(receiver, posts);
}

/** @returns how many acknowledged events are gone: exactly those that lay at the damage or behind it */
async function damageTheTail(random: SeededRandom): Promise<number> {
  using disk = faultyDisk(PLENTY_BYTES);
  await using receiver = startReceiver();
  const posts = await killUnderLoad(disk, receiver, random);
  const log = join(disk.dataDir, WRITE_AHEAD_LOG_FILE);
  const bytes = readFileSync(log);
  const frames = Math.floor((bytes.length - HEADER_BYTES) / FRAME_BYTES);
  const frame = frames - random.between(1, Math.min(frames, DAMAGED_FRAMES_MAX));
  const wanted = keptUpTo(disk, HEADER_BYTES + frame * FRAME_BYTES);
  const wantsTelling = hasCommitFrom(bytes, frame);
  const at = HEADER_BYTES + frame * FRAME_BYTES + random.between(CHECKED_FROM, FRAME_BYTES - 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7));
  writeFileSync(log, bytes);
  const out = await goOn(disk);
  assert.equal(LEFT_OUT.test(out), wantsTelling);
  const { events, damage } = keptState(disk.dataDir);
  assert.deepEqual([damage, [...events.keys()]], [[], [...wanted.events.keys()]]);
  return posts.acknowledged.difference(events).size;
}

/** The kill may have cut off a commit: nothing is missing when only that is damaged. */
function hasCommitFrom(log: Buffer, frame: number): boolean {
  for (let at = HEADER_BYTES + frame * FRAME_BYTES; at + FRAME_BYTES <= log.length; at += FRAME_BYTES) {
    if (log.readUInt32BE(at + 4) !== 0) return true;
  }
  return false;
}

/** What the log holds when it ends there. */
function keptUpTo({ dataDir }: FaultyDisk, bytes: number): KeptState {
  using copy = emptyPlace();
  mkdirSync(copy.dataDir);
  for (const name of [DATABASE_FILE, WRITE_AHEAD_LOG_FILE]) cpSync(join(dataDir, name), join(copy.dataDir, name));
  truncateSync(join(copy.dataDir, WRITE_AHEAD_LOG_FILE), bytes);
  return keptState(copy.dataDir);
}

async function startUnderLoad(
  disk: FaultyDisk,
  { origin }: Receiver,
  random: SeededRandom,
): Promise<{ readonly posthorn: Program; readonly posts: Posts; readonly load: Load }> {
  const posthorn = await startBinary(disk, { ...LOOPBACK_ALLOWED, ...disk.settings });
  assert.equal((await posthorn.api("POST", "/api/webhooks", { url: origin, events: ["*"] })).status, 201);
  const posts = new Posts(posthorn);
  const load = startLoad(posts.post, { perSecond: EVENTS_PER_SECOND, types: ["resume.created"] });
  await posts.taken(random.between(30, 100));
  return { posthorn, posts, load };
}

async function killUnderLoad(disk: FaultyDisk, receiver: Receiver, random: SeededRandom): Promise<Posts> {
  const { posthorn, posts, load } = await startUnderLoad(disk, receiver, random);
  posthorn.signal("SIGKILL");
  await Promise.all([posthorn.ended, load.stop()]);
  return posts;
}

/** The next start works. @returns what it wrote to the log until it was stopped again */
async function goOn(disk: FaultyDisk): Promise<string> {
  await using posthorn = await startBinary(disk, { ...LOOPBACK_ALLOWED, ...disk.settings });
  assert.equal((await posthorn.api("GET", "/readyz")).status, 200);
  await nothingPending(posthorn);
  posthorn.signal("SIGTERM");
  const { exitCode, out } = await posthorn.ended;
  assert.equal(exitCode, 0);
  return out;
}
