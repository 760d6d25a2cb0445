import type { Clock, Millis } from "../world.ts";

/** A single timer that can be moved to an earlier time: one for the whole loop, however many deliveries wait. */
export class Alarm {
  readonly #clock: Pick<Clock, "after">;
  readonly #now: () => Millis;
  readonly #ring: () => void;
  #at: Millis = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(parts: { readonly clock: Pick<Clock, "after">; readonly now: () => Millis; readonly ring: () => void }) {
    this.#clock = parts.clock;
    this.#now = parts.now;
    this.#ring = parts.ring;
  }

  /** Rings at `at`, unless it is set to ring earlier. */
  setBy(at: Millis): void {
    if (at >= this.#at) return;
    this.#cancel();
    this.#at = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#now()), () => {
      this.clear();
      this.#ring();
    });
  }

  clear(): void {
    this.#cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }
}
