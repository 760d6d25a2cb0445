import type { World } from "../world.ts";
import { createClock } from "./clock.ts";
import { DescriptorReserve } from "./descriptor-reserve.ts";
import { connectionBudget } from "./descriptors.ts";
import type { Machine } from "./machine.ts";
import { createRandom } from "./random.ts";
import { createResolver } from "./resolver.ts";
import { createTransport } from "./transport.ts";

/** The world as it is, within what the machine allows. */
export function createRealWorld({ openFilesMax }: Pick<Machine, "openFilesMax">): World {
  const budget = connectionBudget(openFilesMax);
  const reserve = new DescriptorReserve(budget.reserve);
  const transport = createTransport({ idleMax: budget.idle, reserve });
  return {
    clock: createClock(),
    random: createRandom(),
    resolver: createResolver({ makeRoom: transport.makeRoom, reserve }),
    transport,
  };
}
