import type { Lane } from "./lane.ts";
import { STANDINGS, type Standing } from "./standing.ts";

/** Lanes of the ring that there is no room for, by their standing. Who came first goes first. */
export class WaitingLanes {
  readonly #lanes = new Map<Standing, Set<Lane>>(STANDINGS.map((standing) => [standing, new Set()]));
  #size = 0;

  add(lane: Lane): void {
    lane.waitsAs = lane.standing;
    this.#lanes.get(lane.standing)?.add(lane);
    this.#size += 1;
  }

  /** Takes a lane out that waits here; false: it does not. */
  remove(lane: Lane): boolean {
    const isHere = lane.waitsAs !== null && this.#lanes.get(lane.waitsAs)?.delete(lane) === true;
    if (!isHere) return false;
    lane.waitsAs = null;
    this.#size -= 1;
    return true;
  }

  /** Takes out as many of each standing as there is room for, the best standing first. */
  recall(roomFor: (standing: Standing) => number): readonly Lane[] {
    if (this.#size === 0) return [];
    const recalled = STANDINGS.flatMap((standing) => this.#firstOf(standing, roomFor(standing)));
    for (const lane of recalled) this.remove(lane);
    return recalled;
  }

  #firstOf(standing: Standing, count: number): readonly Lane[] {
    const lanes = this.#lanes.get(standing);
    return count < 1 || lanes === undefined ? [] : [...lanes.values().take(Math.floor(count))];
  }
}
