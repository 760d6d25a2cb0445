import type { Attempt } from "../../src/domain/attempt.ts";
import type { Millis } from "../../src/world.ts";
import { PUBLIC_ADDRESS } from "../support/fake-world.ts";
import type { TableAnswer } from "../support/table-resolver.ts";
import type { Simulation } from "./simulation.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

export interface Operation {
  readonly name: string;
  /** How often, compared with the others. */
  readonly weight: number;
  run(simulation: Simulation): void;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const HOSTS = 10;
const WEBHOOKS_MAX = 8;
const FLOOD = 600;

const SCHEDULES: readonly [Schedule, ...Schedule[]] = [
  null,
  null,
  [],
  [100],
  [5 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS],
  [SECOND_MS, 30 * MINUTE_MS, HOUR_MS],
  [200, 200, 200, 200, 200, 200],
];
type Schedule = readonly Millis[] | null;

/** What the app and the owners of webhooks do, and what befalls the machine. */
export const OPERATIONS: readonly Operation[] = [
  { name: "an event", weight: 30, run: ({ app }) => app.post() },
  { name: "a burst", weight: 12, run: (simulation) => burst(simulation, simulation.random.between(2, 12)) },
  { name: "a flood", weight: 0.04, run: (simulation) => burst(simulation, FLOOD) },
  { name: "a repetition", weight: 3, run: ({ app }) => app.repeat() },
  { name: "a contradiction", weight: 1, run: ({ app }) => app.contradict() },
  { name: "hints come and go", weight: 2, run: (simulation) => loseHints(simulation) },
  { name: "a new webhook", weight: 3, run: newWebhook },
  {
    name: "a webhook on or off",
    weight: 5,
    run: (simulation) => change(simulation, (now) => ({ active: !now.active })),
  },
  { name: "another URL", weight: 2, run: (simulation) => change(simulation, () => ({ url: urlOf(simulation) })) },
  { name: "another schedule", weight: 2, run: (simulation) => change(simulation, () => settingsOf(simulation)) },
  {
    name: "other events",
    weight: 2,
    run: (simulation) => change(simulation, () => ({ events: eventsOf(simulation) })),
  },
  {
    name: "a webhook deleted",
    weight: 1,
    run: (simulation) => withWebhook(simulation, ({ id }) => simulation.api.delete(id)),
  },
  { name: "a test", weight: 3, run: (simulation) => withWebhook(simulation, ({ id }) => simulation.api.test(id)) },
  { name: "a resend", weight: 3, run: resend },
  { name: "a bulk resend", weight: 1, run: resendFailed },
  { name: "a stale lease", weight: 4, run: useStaleLease },
  { name: "a kill", weight: 1.5, run: (simulation) => simulation.kill() },
  {
    name: "a doom",
    weight: 3,
    run: (simulation) => void simulation.doom.set(simulation.random, () => simulation.kill()),
  },
  { name: "a stop", weight: 1, run: (simulation) => simulation.stop() },
  { name: "the wall clock is set", weight: 2, run: stepWall },
  { name: "the disk is slow", weight: 2, run: slowDisk },
  { name: "the disk is full", weight: 1, run: fullDisk },
  { name: "no descriptors", weight: 1, run: spendDescriptors },
  { name: "a name is lost", weight: 2, run: loseName },
];

function burst({ app }: Simulation, count: number): void {
  for (let posted = 0; posted < count; posted++) app.post();
}

function loseHints(simulation: Simulation): void {
  simulation.isHintLost = true;
  simulation.world.clock.after(simulation.random.between(0, MINUTE_MS), () => {
    simulation.isHintLost = false;
  });
}

export function newWebhook(simulation: Simulation): void {
  const { api, watch } = simulation;
  const living = [...watch.books.webhooks.values()].filter(({ isDeleted }) => !isDeleted);
  if (living.length >= WEBHOOKS_MAX) return;
  const webhook = { url: urlOf(simulation), events: eventsOf(simulation), ...settingsOf(simulation) };
  simulation.carryOut(() => api.create(webhook));
}

function urlOf({ random }: Simulation): string {
  return `https://receiver-${random.between(1, HOSTS)}.example/hooks`;
}

function eventsOf({ random }: Simulation): readonly string[] {
  return random.pick<readonly string[]>([["*"], ["*"], ["resume.*"], ["user.registered"], ["resume.created", "ai.*"]]);
}

function settingsOf({ random }: Simulation): { readonly retryScheduleMs: Schedule; readonly timeoutMs: Millis | null } {
  return { retryScheduleMs: random.pick(SCHEDULES), timeoutMs: random.pick([null, null, 1_000, 5_000, 60_000]) };
}

function withWebhook(simulation: Simulation, act: (webhook: WebhookEntry) => Promise<void>): void {
  const [first, ...others] = simulation.watch.books.webhooks.values();
  if (first === undefined) return;
  const webhook = simulation.random.pick([first, ...others]);
  simulation.carryOut(() => act(webhook));
}

function change(
  simulation: Simulation,
  to: (now: WebhookEntry["now"]) => Parameters<Simulation["api"]["update"]>[1],
): void {
  withWebhook(simulation, ({ id, now }) => simulation.api.update(id, to(now)));
}

function resend(simulation: Simulation): void {
  const [first, ...others] = simulation.watch.books.deliveries.values();
  if (first === undefined) return;
  const { id, webhook } = simulation.random.pick([first, ...others]);
  simulation.carryOut(() => simulation.api.resend(webhook.key, id));
}

function resendFailed(simulation: Simulation): void {
  const until = simulation.world.clock.wall();
  withWebhook(simulation, ({ key }) => simulation.api.resendFailed(key, until - HOUR_MS, until));
}

/** Somebody comes back with an outcome, or gives back a lease, that is over. */
function useStaleLease(simulation: Simulation): void {
  const { process, random, world } = simulation;
  const lease = process?.watch.attempts.spentLeases.at(-random.between(1, 20));
  if (process === null || lease === undefined) return;
  const { store } = process;
  const startedAt = world.clock.wall();
  const attempt: Attempt = {
    ...{ number: 99, startedAt, durationMs: 0, url: "https://stale.example/", code: "success", error: null },
    ...{ statusCode: 200, signed: null, response: null },
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
  };
  simulation.carryOut(async () => {
    if (random.chance(0.5)) await store.release(lease);
    else await store.settle({ lease, attempt, next: { to: "delivered" } });
  });
}

function stepWall({ random, world }: Simulation): void {
  const { clock } = world;
  const stepMs = random.pick([SECOND_MS, 10 * SECOND_MS, MINUTE_MS, HOUR_MS, 24 * HOUR_MS]) * random.pick([1, -1]);
  clock.stepWall(stepMs);
  if (random.chance(0.5)) clock.after(random.between(0, 10 * MINUTE_MS), () => clock.stepWall(-stepMs));
}

function slowDisk({ disk, random, world }: Simulation): void {
  disk.slownessMs = random.pick([1, 5, 50, 400]);
  world.clock.after(random.between(0, 10 * MINUTE_MS), () => {
    disk.slownessMs = 0;
  });
}

function fullDisk({ disk, random, world, watch }: Simulation): void {
  disk.isFull = true;
  world.clock.after(random.between(0, 2 * MINUTE_MS), () => {
    disk.isFull = false;
    watch.liveness.excuse();
  });
}

function spendDescriptors({ receivers, random, world }: Simulation): void {
  receivers.areUnreached = true;
  world.clock.after(random.between(0, 20 * SECOND_MS), () => {
    receivers.areUnreached = false;
  });
}

function loseName({ random, world }: Simulation): void {
  const host = `receiver-${random.between(1, HOSTS)}.example`;
  const answer = random.pick<TableAnswer>([["10.0.0.1"], "not_found", "failed", "hang"]);
  world.resolver.set(host, answer, { ttlMs: SECOND_MS });
  world.clock.after(random.between(0, 10 * MINUTE_MS), () => world.resolver.set(host, [PUBLIC_ADDRESS]));
}
