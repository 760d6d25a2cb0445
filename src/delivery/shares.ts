import { SHARES } from "../limits.ts";
import { STANDINGS, type Standing } from "./standing.ts";

/**
 * How much of something is in use, by the standing of those who use it. The quick ones may have all of it; those of each worse
 * standing, together with all that are worse still, a quarter less. So however many there are of one, the better ones find room.
 */
export class Shares {
  readonly #total: number;
  readonly #used = new Array<number>(SHARES).fill(0);

  constructor(total: number) {
    this.#total = total;
  }

  /** The share that each worse standing has less; the worst has as much, or a little more. */
  get part(): number {
    return Math.floor(this.#total / SHARES);
  }

  /** How much more those of a standing may have: nobody may have what the better ones are to find. */
  room(standing: Standing): number {
    let used = 0;
    let room = this.#total;
    for (let level = SHARES - 1; level >= 0; level--) {
      used += this.#used[level] ?? 0;
      if (level <= standing) room = Math.min(room, this.#total - level * this.part - used);
    }
    return room;
  }

  /** All standings; of two that use as much, the better one first. */
  leastUsedFirst(): readonly Standing[] {
    return STANDINGS.toSorted((a, b) => (this.#used[a] ?? 0) - (this.#used[b] ?? 0));
  }

  take(standing: Standing, amount: number): void {
    this.#used[standing] = (this.#used[standing] ?? 0) + amount;
  }

  giveBack(standing: Standing, amount: number): void {
    this.take(standing, -amount);
  }
}
