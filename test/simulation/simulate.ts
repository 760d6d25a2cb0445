import type { Millis } from "../../src/world.ts";
import { chooseOperation } from "./operations.ts";
import { newWebhook } from "./owner-operations.ts";
import type { Sabotage } from "./sabotage.ts";
import { Simulation } from "./simulation.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly hours: number;
  readonly sabotage?: Sabotage;
}

export interface SimulationFigures {
  /** Of everything that happened: the same for the same seed. */
  readonly digest: string;
  readonly lives: number;
  readonly acknowledged: number;
  readonly requests: number;
  readonly checks: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Between two operations, on average. */
const PAUSE_MS = 6 * MINUTE_MS;
const DOWN_MAX_MS = 30 * SECOND_MS;
/** At the end everything is well for this long. */
const CALM_MS = 2 * HOUR_MS;
/** What a delivery may take beyond its due time when everything is well. */
const DRAIN_MS = 5 * MINUTE_MS;

/**
 * Simulates so many hours, the last two of them calm, and judges every step of them.
 *
 * @throws Error with the promise that was not kept, and what happened before
 */
export async function simulate({ seed, hours, sabotage }: SimulationOptions): Promise<SimulationFigures> {
  const simulation = new Simulation(seed, sabotage);
  const { watch, app, world } = simulation;
  try {
    simulation.start();
    await simulation.advance(0);
    for (let made = 0; made < 3; made++) newWebhook(simulation);
    every(simulation, MINUTE_MS, () => checkLiveness(simulation));
    every(simulation, HOUR_MS, () => watch.audit.full());
    const calm = disturb(simulation);
    await simulation.advance(hours * HOUR_MS - CALM_MS);
    calm();
    await simulation.advance(CALM_MS);
    await checkEnd(simulation);
  } catch (error) {
    throw new Error(`${String(error)}\n${watch.trace.tail}`, { cause: error });
  }
  const { lives, db } = simulation;
  db.close();
  const checks = watch.judge.heard;
  return {
    digest: watch.trace.digest,
    lives,
    acknowledged: app.acknowledged,
    requests: world.transport.requests.length,
    checks,
  };
}

/** Lets things happen until the answer is called: then all is well, and what hung over somebody is gone. */
function disturb(simulation: Simulation): () => void {
  const { random, world, receivers, disk, doom, watch, api } = simulation;
  let isCalm = false;

  function next(): void {
    world.clock.after(Math.ceil(-Math.log(1 - random.unit()) * PAUSE_MS), () => {
      if (isCalm) return;
      const operation = chooseOperation(random.unit());
      watch.trace.note(operation.name);
      operation.run(simulation);
      next();
    });
  }

  next();
  every(simulation, DOWN_MAX_MS / 2, () => {
    if (!simulation.isUp && random.chance(0.5)) simulation.start();
  });
  return () => {
    isCalm = true;
    receivers.heal();
    doom.lift();
    receivers.areUnreached = false;
    disk.obstacle = null;
    simulation.start();
    for (const { id, isDeleted } of watch.books.webhooks.values()) {
      if (!isDeleted) simulation.carryOut(() => api.update(id, { active: true }));
    }
  };
}

function every(simulation: Simulation, ms: Millis, act: () => void): void {
  simulation.world.clock.after(ms, () => {
    act();
    every(simulation, ms, act);
  });
}

function checkLiveness({ process, watch }: Simulation): void {
  if (process === null || process.isDraining) return;
  const { slots, attempts } = process.watch;
  watch.liveness.checkWaiting(slots, attempts);
}

async function checkEnd({ process, watch, app }: Simulation): Promise<void> {
  watch.audit.full();
  watch.audit.damage();
  watch.judge.expect("liveness", process !== null, () => "no process runs");
  watch.liveness.checkDrained(DRAIN_MS);
  watch.judge.expect("kept", app.waiting === 0, () => `${app.waiting} events are not acknowledged`);
  if (process !== null) watch.audit.backlog(await process.store.pending());
  watch.judge.rule();
}
