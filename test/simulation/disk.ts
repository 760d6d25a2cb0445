import type { Obstacle } from "../../src/store/sqlite/fault.ts";
import type { Clock } from "../../src/world.ts";
import type { SeededRandom } from "../support/seeded-random.ts";

/** The disk under the database: how slow it is now, and whether it can be written. */
export class Disk {
  readonly #clock: Pick<Clock, "after">;
  readonly #random: SeededRandom;
  /** What keeps everything from being written. */
  obstacle: Obstacle | null = null;
  /** The longest that half a commit takes; 0: no time at all. */
  slownessMs = 0;

  constructor(clock: Pick<Clock, "after">, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Half of what a commit takes. */
  async turn(): Promise<void> {
    if (this.slownessMs === 0) return;
    const delayMs = this.#random.between(0, this.slownessMs);
    await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
  }
}
