import type { Lane } from "./lane.ts";
import type { Shares } from "./shares.ts";
import { STANDINGS, type Standing } from "./standing.ts";

/** Lanes of the ring that their share has no room for, by their standing. Who came first goes first. */
export class WaitingLanes {
  readonly #shares: Shares;
  /** With how much each waits for. */
  readonly #lines = new Map<Standing, Map<Lane, number>>(STANDINGS.map((standing) => [standing, new Map()]));
  #size = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  add(lane: Lane, amount: number): void {
    lane.waitsAs = lane.standing;
    this.#lines.get(lane.standing)?.set(lane, amount);
    this.#size += 1;
  }

  /** Takes a lane out that waits here; false: it does not. */
  remove(lane: Lane): boolean {
    const isHere = lane.waitsAs !== null && this.#lines.get(lane.waitsAs)?.delete(lane) === true;
    if (!isHere) return false;
    lane.waitsAs = null;
    this.#size -= 1;
    return true;
  }

  /** Takes out the next one that there is room for. Those go first who have the least, so that no standing waits for ever. */
  next(isAllowed: (standing: Standing) => boolean = () => true): Lane | null {
    if (this.#size === 0) return null;
    for (const standing of this.#shares.leastUsedFirst()) {
      const lane = isAllowed(standing) ? this.#firstThatFits(standing) : null;
      if (lane !== null) return lane;
    }
    return null;
  }

  /** Of one standing none goes past another, or what is little would always go past what is much. */
  isLine(standing: Standing): boolean {
    return (this.#lines.get(standing)?.size ?? 0) > 0;
  }

  #firstThatFits(standing: Standing): Lane | null {
    for (const [lane, amount] of this.#lines.get(standing) ?? []) {
      if (amount > this.#shares.room(standing)) return null;
      this.remove(lane);
      return lane;
    }
    return null;
  }
}
