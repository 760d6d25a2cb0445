import type { Millis } from "../../src/world.ts";
import { HOSTS } from "./receivers.ts";
import type { Simulation } from "./simulation.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const WEBHOOKS_MAX = 8;

type Schedule = readonly Millis[] | null;

const SCHEDULES: readonly [Schedule, ...Schedule[]] = [
  null,
  null,
  [],
  [100],
  [5 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS],
  [SECOND_MS, 30 * MINUTE_MS, HOUR_MS],
  [200, 200, 200, 200, 200, 200],
];

export function newWebhook(simulation: Simulation): void {
  const { api, watch } = simulation;
  const living = [...watch.books.webhooks.values()].filter(({ isDeleted }) => !isDeleted);
  if (living.length >= WEBHOOKS_MAX) return;
  const webhook = { url: urlOf(simulation), events: eventsOf(simulation), ...settingsOf(simulation) };
  simulation.carryOut(() => api.create(webhook));
}

/** For a while. */
export function turnOff(simulation: Simulation): void {
  withWebhook(simulation, async ({ id }) => {
    await simulation.api.update(id, { active: false });
    simulation.world.clock.after(simulation.random.between(0, 10 * MINUTE_MS), () => {
      simulation.carryOut(() => simulation.api.update(id, { active: true }));
    });
  });
}

export function changeUrl(simulation: Simulation): void {
  withWebhook(simulation, ({ id }) => simulation.api.update(id, { url: urlOf(simulation) }));
}

export function changeSettings(simulation: Simulation): void {
  withWebhook(simulation, ({ id }) => simulation.api.update(id, settingsOf(simulation)));
}

export function changeEvents(simulation: Simulation): void {
  withWebhook(simulation, ({ id }) => simulation.api.update(id, { events: eventsOf(simulation) }));
}

export function deleteWebhook(simulation: Simulation): void {
  withWebhook(simulation, ({ id }) => simulation.api.delete(id));
}

export function test(simulation: Simulation): void {
  withWebhook(simulation, ({ id }) => simulation.api.test(id));
}

export function resend(simulation: Simulation): void {
  const [first, ...others] = simulation.watch.books.deliveries.values();
  if (first === undefined) return;
  const { id, webhook } = simulation.random.pick([first, ...others]);
  simulation.carryOut(() => simulation.api.resend(webhook.key, id));
}

export function resendFailed(simulation: Simulation): void {
  const until = simulation.world.clock.wall();
  withWebhook(simulation, ({ key }) => simulation.api.resendFailed(key, until - HOUR_MS, until));
}

/** What an owner may do to a webhook that has an attempt under way at this moment. */
export const IN_FLIGHT: readonly ((simulation: Simulation, webhook: WebhookEntry) => Promise<void>)[] = [
  ({ api }, { id }) => api.delete(id),
  (simulation, { id }) => simulation.api.update(id, { url: urlOf(simulation) }),
  ({ api }, { id }) => api.update(id, { active: false }),
];

function withWebhook(simulation: Simulation, act: (webhook: WebhookEntry) => Promise<void>): void {
  const living = [...simulation.watch.books.webhooks.values()].filter(({ isDeleted }) => !isDeleted);
  const [first, ...others] = living;
  if (first === undefined) return;
  const webhook = simulation.random.pick([first, ...others]);
  simulation.carryOut(() => act(webhook));
}

function urlOf({ random }: Simulation): string {
  return `https://${random.pick(HOSTS)}/hooks`;
}

function eventsOf({ random }: Simulation): readonly string[] {
  return random.pick<readonly string[]>([["*"], ["*"], ["resume.*"], ["user.registered"], ["resume.created", "ai.*"]]);
}

function settingsOf({ random }: Simulation): { readonly retryScheduleMs: Schedule; readonly timeoutMs: Millis | null } {
  return { retryScheduleMs: random.pick(SCHEDULES), timeoutMs: random.pick([null, null, 1_000, 5_000, 60_000]) };
}
