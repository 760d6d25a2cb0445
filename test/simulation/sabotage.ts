import type { Sender } from "../../src/delivery/sender.ts";
import type { Store } from "../../src/store/contract.ts";
import type { SlotLimits } from "./slots.ts";

/** A fault of the product itself, put in from outside: how a test knows that the simulation would see it. */
export interface Sabotage {
  readonly store?: (store: Store) => Store;
  /** Other limits than those that are watched. */
  readonly limits?: (limits: SlotLimits) => SlotLimits;
  readonly sender?: (sender: Pick<Sender, "deliver">) => Pick<Sender, "deliver">;
}
