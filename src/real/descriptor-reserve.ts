import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/**
 * Descriptors held open for nothing. Clients of the API may take every other one: these are for connections to receivers,
 * and return to the reserve as those close.
 */
export class DescriptorReserve implements Disposable {
  #size: number;
  readonly #held: number[] = [];

  constructor(size: number) {
    this.#size = size;
    this.refill();
  }

  /** Gives one up, to whoever opens something before the process waits again; false when none is left. */
  lend(): boolean {
    const descriptor = this.#held.pop();
    if (descriptor === undefined) return false;
    closeSync(descriptor);
    return true;
  }

  /** Takes back what is missing, as far as there is any. Costs nothing when none is missing. */
  refill(): void {
    try {
      while (this.#held.length < this.#size) this.#held.push(openSync(devNull, "r"));
    } catch {
      // Somebody else was quicker. The next connection that closes leaves one.
    }
  }

  [Symbol.dispose](): void {
    this.#size = 0;
    while (this.lend());
  }
}
