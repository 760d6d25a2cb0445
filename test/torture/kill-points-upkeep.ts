import assert from "node:assert/strict";
import { nothingPending } from "../support/binary.ts";
import { intoFirstSchema } from "../support/first-schema.ts";
import type { KeptState } from "../support/kept-state.ts";
import { until } from "../support/until.ts";
import { AGED, addAgedRows } from "./aged-rows.ts";
import type { CrashPoint } from "./crash-point.ts";
import { CrashScene } from "./crash-scene.ts";

/** Several chunks of the pruner. */
const AGED_EVENTS = 2_000;
const EVENT = { id: "the-event", type: "resume.created", data: {} };
const HELD_EVENTS = 20;

interface LegalPruning {
  readonly at: CrashPoint;
  /** Of the events that are older than the retention, how many may be left on the disk. */
  readonly agedLeft: (count: number) => boolean;
}

/** What may be true after a death in pruning; in any case all that is younger is untouched, and the next start prunes on. */
const LEGAL_PRUNINGS: readonly LegalPruning[] = [
  { at: "before the commit of a pruning", agedLeft: (count) => count === AGED_EVENTS },
  { at: "after the commit of a pruning", agedLeft: (count) => count > 0 && count < AGED_EVENTS },
  { at: "between freed pages and their checkpoint", agedLeft: (count) => count === 0 },
];

/** What may be true after a death while a removed webhook's deliveries are cancelled: in any case none of them is sent again. */
const LEGAL_REMOVALS: readonly { readonly at: CrashPoint; readonly cancelled: (count: number) => boolean }[] = [
  { at: "before the commit of a pruning", cancelled: (count) => count === 0 },
  { at: "after the commit of a pruning", cancelled: (count) => count > 0 },
];

/** What may be true after a death in the first start: nothing but that the next one works as if it were the first. */
const FIRST_STARTS: readonly CrashPoint[] = ["before the first migration", "in a migration"];

/** Once more, in a start that finds the database of an earlier release. */
const UPGRADE: CrashPoint = "in a migration";

/** Dies once at each point of what is written beside the events' way. Returns the points. */
export async function dieInUpkeep(crashingBinary: string): Promise<readonly CrashPoint[]> {
  for (const legal of LEGAL_PRUNINGS) await named(legal.at, () => dieInPruning(crashingBinary, legal));
  for (const legal of LEGAL_REMOVALS) await named(legal.at, () => dieInRemoval(crashingBinary, legal));
  for (const point of FIRST_STARTS) await named(point, () => dieInFirstStart(crashingBinary, point));
  await named(UPGRADE, () => dieInUpgrade(crashingBinary));
  return [...[...LEGAL_PRUNINGS, ...LEGAL_REMOVALS].map(({ at }) => at), ...FIRST_STARTS, UPGRADE];
}

async function named(point: CrashPoint, die: () => Promise<void>): Promise<void> {
  try {
    await die();
  } catch (error) {
    throw new Error(`${point}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function dieInPruning(crashingBinary: string, { at, agedLeft }: LegalPruning): Promise<void> {
  await using scene = new CrashScene(crashingBinary);
  const first = await scene.startSound();
  await scene.subscribe(first);
  await first.api("POST", "/api/events", EVENT);
  await nothingPending(first);
  await scene.stopped(first);
  addAgedRows(scene.place.dataDir, AGED_EVENTS);
  scene.arm(at);
  const left = await scene.buried(scene.startDoomed());
  assert(agedLeft(agedIn(left)), `${agedIn(left)} aged events are left`);
  assert.deepEqual(youngIn(left), ["the-event delivered"]);

  const sound = await scene.startSound();
  await until("the aged rows are gone", async () => {
    const { data } = await sound.api<readonly unknown[]>("GET", "/api/events?limit=2");
    return data.length === 1;
  });
  const kept = await scene.stopped(sound);
  assert.equal(agedIn(kept), 0);
  assert.deepEqual(youngIn(kept), ["the-event delivered"]);
  assert.equal(scene.receiver.requests.length, 1);
}

async function dieInRemoval(crashingBinary: string, legal: (typeof LEGAL_REMOVALS)[number]): Promise<void> {
  await using scene = new CrashScene(crashingBinary, { script: () => Promise.withResolvers<number>().promise });
  const fragile = await scene.startFragile();
  const webhook = await scene.subscribe(fragile);
  for (let n = 0; n < HELD_EVENTS; n++) await fragile.api("POST", "/api/events", { ...EVENT, id: `held-${n}` });
  scene.arm(legal.at);
  const removed = fragile.api("DELETE", `/api/webhooks/${webhook}`).catch(() => null);
  const left = await scene.buried(fragile);
  await removed;
  assert.equal(left.deliveries.length, HELD_EVENTS);
  const cancelled = left.deliveries.filter(({ state }) => state === "cancelled").length;
  assert(legal.cancelled(cancelled), `${cancelled} deliveries are cancelled`);
  const sentBefore = scene.receiver.requests.length;

  const sound = await scene.startSound();
  await nothingPending(sound);
  const kept = await scene.stopped(sound);
  assert.deepEqual(new Set(kept.deliveries.map(({ state }) => state)), new Set(["cancelled"]));
  assert.equal(scene.receiver.requests.length, sentBefore, "sent after its webhook was removed");
}

async function dieInFirstStart(crashingBinary: string, at: CrashPoint): Promise<void> {
  await using scene = new CrashScene(crashingBinary);
  scene.arm(at);
  await scene.died(scene.startDoomed());
  const sound = await scene.startSound();
  await scene.subscribe(sound);
  assert.equal((await sound.api("POST", "/api/events", EVENT)).status, 202);
  await nothingPending(sound);
  assert.deepEqual(youngIn(await scene.stopped(sound)), ["the-event delivered"]);
}

/** What may be true after a death while an earlier release's database is brought up to date: that it is the earlier one still. */
async function dieInUpgrade(crashingBinary: string): Promise<void> {
  await using scene = new CrashScene(crashingBinary);
  const first = await scene.startSound();
  await scene.subscribe(first);
  await first.api("POST", "/api/events", EVENT);
  await nothingPending(first);
  const before = await scene.stopped(first);
  intoFirstSchema(scene.place.dataDir);
  scene.arm(UPGRADE);
  assert.deepEqual(await scene.buried(scene.startDoomed()), { ...before, schema: 1 });

  const sound = await scene.startSound();
  assert.deepEqual((await sound.api("GET", "/api/audit")).data, []);
  assert.equal((await sound.api("POST", "/api/events", { ...EVENT, id: "the-next" })).status, 202);
  await nothingPending(sound);
  const kept = await scene.stopped(sound);
  assert.deepEqual(youngIn(kept), ["the-event delivered", "the-next delivered"]);
  assert.equal(kept.schema, before.schema);
  assert.equal(scene.receiver.requests.length, 2);
}

function agedIn({ events }: KeptState): number {
  return [...events.keys()].filter((id) => id.startsWith(AGED)).length;
}

function youngIn({ deliveries }: KeptState): readonly string[] {
  return deliveries.filter(({ event }) => !event.startsWith(AGED)).map(({ event, state }) => `${event} ${state}`);
}
