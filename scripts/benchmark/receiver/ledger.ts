import type { Stamp } from "../payload.ts";
import { type Latency, latencyOf } from "../statistics.ts";

/** What arrived under one path since the last reset. */
export interface Tally {
  readonly arrivals: number;
  /** Of those, how many had arrived before: the same number more often than there are webhooks under this path. */
  readonly repeated: number;
  /** By `now` of clock.ts; 0 before the first. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** A receiver's books: counts each event, and how long after its due time it came. */
export class Ledger {
  readonly #copies: number;
  #timesByNumber = new Uint16Array(65_536);
  #latenciesMs: number[] = [];
  #arrivals = 0;
  #repeated = 0;
  #firstAt = 0;
  #lastAt = 0;

  /** @param copies how many webhooks take each event */
  constructor(copies: number) {
    this.#copies = copies;
  }

  enter(stamp: Stamp | null, at: number): void {
    if (this.#arrivals === 0) this.#firstAt = at;
    this.#lastAt = at;
    this.#arrivals += 1;
    if (stamp === null) return;
    if (this.#timesOf(stamp.number) > this.#copies) this.#repeated += 1;
    if (stamp.at > 0) this.#latenciesMs.push(at - stamp.at);
  }

  tally(): Tally {
    return { arrivals: this.#arrivals, repeated: this.#repeated, firstAt: this.#firstAt, lastAt: this.#lastAt };
  }

  /** Null: nothing was timed. */
  latency(): Latency | null {
    return this.#latenciesMs.length === 0 ? null : latencyOf(this.#latenciesMs);
  }

  #timesOf(number: number): number {
    while (number >= this.#timesByNumber.length) {
      const longer = new Uint16Array(this.#timesByNumber.length * 2);
      longer.set(this.#timesByNumber);
      this.#timesByNumber = longer;
    }
    const times = (this.#timesByNumber[number] ?? 0) + 1;
    this.#timesByNumber[number] = times;
    return times;
  }
}
