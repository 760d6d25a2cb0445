import { OBSTACLE_RETRY_MS } from "../../src/limits.ts";
import { PUBLIC_ADDRESS } from "../support/fake-world.ts";
import type { TableAnswer } from "../support/table-resolver.ts";
import { IN_FLIGHT } from "./owner-operations.ts";
import { HOSTS } from "./receivers.ts";
import type { Simulation } from "./simulation.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** In the middle of one of the next attempts the process is killed, or the owner does something to the webhook. */
export function strike(simulation: Simulation): void {
  const { app, doom, random } = simulation;
  const act = random.pick([null, ...IN_FLIGHT]);
  doom.set(random, () => {
    const flight = simulation.process?.watch.attempts.underWay.at(-1);
    if (act === null) simulation.kill();
    else if (flight !== undefined) simulation.carryOut(() => act(simulation, flight.entry.webhook));
  });
  app.postMany(random.between(1, 5));
}

export function stopInFlight(simulation: Simulation): void {
  simulation.app.postMany(simulation.random.between(1, 10));
  simulation.world.clock.after(simulation.random.between(0, SECOND_MS), () => simulation.stop());
}

export function stepWall({ random, world }: Simulation): void {
  const { clock } = world;
  const stepMs = random.pick([SECOND_MS, 10 * SECOND_MS, MINUTE_MS, HOUR_MS, 24 * HOUR_MS]) * random.pick([1, -1]);
  clock.stepWall(stepMs);
  if (random.chance(0.5)) clock.after(random.between(0, 10 * MINUTE_MS), () => clock.stepWall(-stepMs));
}

export function slowDisk({ disk, random, world, watch }: Simulation): void {
  const slownessMs = random.pick([1, 5, 50, 400]);
  disk.slownessMs = slownessMs;
  world.clock.after(random.between(0, 10 * MINUTE_MS), () => {
    disk.slownessMs = 0;
    // The commit under way is slow to its end.
    watch.liveness.excuse(slownessMs);
  });
}

export function blockDisk({ disk, random, world, watch }: Simulation): void {
  disk.obstacle = random.pick(["full", "busy"] as const);
  world.clock.after(random.between(0, 2 * MINUTE_MS), () => {
    disk.obstacle = null;
    watch.liveness.excuse(OBSTACLE_RETRY_MS);
  });
}

export function spendDescriptors({ receivers, random, world }: Simulation): void {
  receivers.areUnreached = true;
  world.clock.after(random.between(0, 20 * SECOND_MS), () => {
    receivers.areUnreached = false;
  });
}

export function loseName({ random, world }: Simulation): void {
  const host = random.pick(HOSTS);
  const answer = random.pick<TableAnswer>([["10.0.0.1"], "not_found", "failed", "hang"]);
  world.resolver.set(host, answer, { ttlMs: SECOND_MS });
  world.clock.after(random.between(0, 10 * MINUTE_MS), () => world.resolver.set(host, [PUBLIC_ADDRESS]));
}
