import { blockDisk, loseName, slowDisk, spendDescriptors, stepWall, stopInFlight, strike } from "./mishaps.ts";
import * as owner from "./owner-operations.ts";
import type { Simulation } from "./simulation.ts";
import { useStaleLeases } from "./stale-leases.ts";

export interface Operation {
  readonly name: string;
  /** How often, compared with the others. */
  readonly weight: number;
  run(simulation: Simulation): void;
}

/** More than a lane buffers, and than one look into the table brings. */
const FLOOD = 600;

/** What the app and the owners of webhooks do, and what befalls the machine. */
const OPERATIONS: readonly Operation[] = [
  { name: "an event", weight: 30, run: ({ app }) => app.postMany(1) },
  { name: "a burst", weight: 12, run: ({ app, random }) => app.postMany(random.between(2, 12)) },
  { name: "a flood", weight: 0.07, run: ({ app }) => app.postMany(FLOOD) },
  { name: "a repetition", weight: 3, run: ({ app }) => app.repeat() },
  { name: "a contradiction", weight: 1, run: ({ app }) => app.contradict() },
  { name: "a new webhook", weight: 4, run: owner.newWebhook },
  { name: "a webhook off", weight: 8, run: owner.turnOff },
  { name: "another URL", weight: 2, run: owner.changeUrl },
  { name: "another schedule", weight: 2, run: owner.changeSettings },
  { name: "other events", weight: 2, run: owner.changeEvents },
  { name: "a webhook deleted", weight: 1, run: owner.deleteWebhook },
  { name: "a test", weight: 3, run: owner.test },
  { name: "a resend", weight: 3, run: owner.resend },
  { name: "a bulk resend", weight: 1, run: owner.resendFailed },
  { name: "stale leases", weight: 4, run: useStaleLeases },
  { name: "a kill", weight: 1.5, run: (simulation) => simulation.kill() },
  { name: "a strike", weight: 6, run: strike },
  { name: "a stop", weight: 2, run: stopInFlight },
  { name: "the wall clock is set", weight: 2, run: stepWall },
  { name: "the disk is slow", weight: 2, run: slowDisk },
  { name: "the disk is full, or another program holds the database", weight: 1, run: blockDisk },
  { name: "no descriptors", weight: 1, run: spendDescriptors },
  { name: "a name is lost", weight: 2, run: loseName },
];
const ALL_WEIGHTS = OPERATIONS.reduce((sum, { weight }) => sum + weight, 0);

/** @param unit uniform in [0, 1) */
export function chooseOperation(unit: number): Operation {
  let left = unit * ALL_WEIGHTS;
  for (const operation of OPERATIONS) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  throw new RangeError("not below 1");
}
