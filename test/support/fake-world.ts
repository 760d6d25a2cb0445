import type { World } from "../../src/world.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createScriptedTransport, type ScriptedTransport } from "./scripted-transport.ts";
import { createSeededRandom, type SeededRandom } from "./seeded-random.ts";
import { createTableResolver, type TableResolver } from "./table-resolver.ts";

/** A world in which nothing happens but what the test says: time stands still, chance repeats, the network is a script. */
export interface FakeWorld extends World {
  readonly seed: number;
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  readonly resolver: TableResolver;
  readonly transport: ScriptedTransport;
}

/** What every name stands for that the test's table does not list: an address that the guard lets pass. */
export const PUBLIC_ADDRESS = "93.184.215.14";

/** The same seed gives the same world. */
export function createFakeWorld(seed = 1): FakeWorld {
  const clock = createFakeClock();
  return {
    seed,
    clock,
    random: createSeededRandom(seed),
    resolver: createTableResolver(clock, [PUBLIC_ADDRESS]),
    transport: createScriptedTransport(clock),
  };
}
