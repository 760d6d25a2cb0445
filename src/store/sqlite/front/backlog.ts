/**
 * How many deliveries are pending, tests under way included. To count them in the table takes longer the more there are, so
 * that is done once; from then on whatever makes or ends one says so, in the order of the writes.
 */
export class Backlog {
  #pending: number | null = null;

  /** Null: it has to be counted. */
  get pending(): number | null {
    return this.#pending;
  }

  /** What the table says. */
  learn(pending: number): void {
    this.#pending = pending;
  }

  /** So many more, or, below zero, so many fewer. */
  changeBy(deliveries: number): void {
    if (this.#pending !== null) this.#pending += deliveries;
  }

  forget(): void {
    this.#pending = null;
  }
}
