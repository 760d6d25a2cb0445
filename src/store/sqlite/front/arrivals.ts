import { BUFFERED_DELIVERIES_MAX } from "../../../limits.ts";
import type { DeliveryKey } from "../../contract.ts";
import { RecentMap } from "./recent-map.ts";

/**
 * Deliveries that came in through this process and that nobody has claimed yet: so they are pending, without a look at the
 * table. Each is trusted once, and none while a tidying is under way, which may cancel it.
 */
export class Arrivals {
  readonly #untouched = new RecentMap<DeliveryKey, true>(BUFFERED_DELIVERIES_MAX);
  #tidyings = 0;

  add(key: DeliveryKey): void {
    this.#untouched.set(key, true);
  }

  /** Whether it is certain that the delivery is pending and has had no attempt. */
  take(key: DeliveryKey): boolean {
    return this.#untouched.delete(key) && this.#tidyings === 0;
  }

  forget(key: DeliveryKey): void {
    this.#untouched.delete(key);
  }

  async distrustWhile<Result>(tidying: Promise<Result>): Promise<Result> {
    this.#tidyings += 1;
    try {
      return await tidying;
    } finally {
      this.#tidyings -= 1;
    }
  }
}
