import type { Attempt } from "../../src/domain/attempt.ts";
import type { Lease, Store } from "../../src/store/contract.ts";
import { STALE_URL } from "./outcome-watch.ts";
import type { Simulation } from "./simulation.ts";

const USES = 5;

/** For some attempts to come, somebody without a right to it meddles with the delivery: under way, ending, over. */
export function useStaleLeases(simulation: Simulation): void {
  const { process, random, world } = simulation;
  if (process === null) return;
  const { store, watch } = process;
  let left = USES;
  watch.attempts.onSpent = (lease) => {
    if (--left < 0) return;
    // Whoever made the attempt settles it first.
    queueMicrotask(() => simulation.carryOut(() => meddle(simulation, store, lease)));
    for (const { delivery } of watch.attempts.underWay) {
      const forged = { ...delivery.lease, token: delivery.lease.token - 1 };
      simulation.carryOut(() => meddle(simulation, store, forged));
      simulation.carryOut(() => claimAgain(simulation, delivery.lease.delivery, delivery.webhook.key));
    }
    world.clock.after(random.between(0, 2_000), () => {
      if (!process.life.isOver && !process.isDraining) simulation.carryOut(() => meddle(simulation, store, lease));
    });
  };
}

async function meddle({ random, world }: Simulation, store: Store, lease: Lease): Promise<void> {
  if (random.chance(0.5)) await store.release(lease);
  else await store.settle({ lease, attempt: strayAttempt(world.clock.wall()), next: { to: "delivered" } });
}

/** What is in flight is not to be had. */
async function claimAgain({ process, watch }: Simulation, key: number, webhook: number): Promise<void> {
  const claimed = (await process?.store.claim([{ key, webhook, dueAt: 0, isRetry: false, bodyBytes: 2 }])) ?? [];
  watch.judge.expect("lease", claimed.length === 0, () => `${key} is claimed twice`);
}

function strayAttempt(startedAt: number): Attempt {
  return {
    ...{ number: 99, startedAt, durationMs: 0, url: STALE_URL, code: "success", error: null },
    ...{ statusCode: 200, signed: null, response: null },
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
  };
}
