import type { SeededRandom } from "../support/seeded-random.ts";

/** Where a process can be struck down, besides at any moment in between. */
export const DOOM_POINTS = ["before a commit", "after a commit", "request out", "reply in"] as const;
export type DoomPoint = (typeof DOOM_POINTS)[number];

/** Ends a process when it passes a point for the nth time. */
export class Doom {
  #point: DoomPoint | null = null;
  #passages = 0;
  #strike: () => void = () => {};

  /** From now on `strike` hangs over the process. */
  set(random: SeededRandom, strike: () => void): DoomPoint {
    this.#point = random.pick(DOOM_POINTS);
    this.#passages = random.between(1, 5);
    this.#strike = strike;
    return this.#point;
  }

  lift(): void {
    this.#point = null;
  }

  passes(point: DoomPoint): void {
    if (point !== this.#point || --this.#passages > 0) return;
    this.#point = null;
    this.#strike();
  }
}
