import type { World } from "../world.ts";
import { createClock } from "./clock.ts";
import { createRandom } from "./random.ts";
import { createResolver } from "./resolver.ts";
import { createTransport } from "./transport.ts";

/** The world as it is. */
export function createRealWorld(): World {
  return {
    clock: createClock(),
    random: createRandom(),
    resolver: createResolver(),
    transport: createTransport(),
  };
}
