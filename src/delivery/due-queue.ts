import { LANE_BUFFER_MAX, LANE_LOW_MARK } from "../limits.ts";
import type { DeliveryKey, ReadyDelivery } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { MinHeap } from "./min-heap.ts";

/**
 * The soonest part of a webhook's pending deliveries, by due time. The table holds all of them; this holds those that are
 * due before the `horizon`, so that memory is bounded whatever the backlog. A horizon of infinity means: nothing is left out.
 */
export class DueQueue {
  readonly #heap = new MinHeap<ReadyDelivery>(isSooner);
  #horizon: Millis = Number.POSITIVE_INFINITY;
  #isStale = false;

  get size(): number {
    return this.#heap.size;
  }

  /** When the soonest one is due; infinity when there is none here. */
  get nextDueAt(): Millis {
    return this.#heap.least?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the table has to be asked before this queue can be trusted for its next entries. */
  get wantsSeek(): boolean {
    return this.#isStale || (this.isBehind && (this.isLow || this.nextDueAt > this.#horizon));
  }

  /** Whether it will soon need more. */
  get isLow(): boolean {
    return this.size < LANE_LOW_MARK;
  }

  /** Whether the table may hold entries that this queue left out. */
  get isBehind(): boolean {
    return this.#isStale || this.#horizon !== Number.POSITIVE_INFINITY;
  }

  /** The table may hold something that was never announced. */
  distrust(): void {
    this.#isStale = true;
  }

  /** Whether an entry due at `dueAt` belongs here; otherwise it is left to the table. */
  accepts(dueAt: Millis): boolean {
    return dueAt < this.#horizon;
  }

  /** An entry due then was left to the table. */
  leaveOut(dueAt: Millis): void {
    this.#horizon = Math.min(this.#horizon, dueAt);
  }

  push(entry: ReadyDelivery): void {
    this.#heap.push(entry);
  }

  /** Takes the soonest entry if it is due. */
  takeDue(now: Millis): ReadyDelivery | null {
    return this.nextDueAt <= now ? (this.#heap.pop() ?? null) : null;
  }

  /** The table is asked now. What raises a doubt from here on may have come too late for the answer. */
  beginSeek(): void {
    this.#isStale = false;
  }

  /** After a seek: beyond `horizon` the table may hold more; infinity when it was read to its end. */
  trustUpTo(horizon: Millis): void {
    this.#horizon = horizon;
  }

  /** Drops what is not among `keys`, and gives back what was dropped. */
  keepOnly(keys: ReadonlySet<DeliveryKey>): readonly ReadyDelivery[] {
    return this.#heap.keepOnly(({ key }) => keys.has(key));
  }

  get isOverfull(): boolean {
    return this.size > LANE_BUFFER_MAX;
  }

  /** Drops all but the soonest half of what it may hold, and gives back what was dropped. */
  shed(): readonly ReadyDelivery[] {
    const dropped = this.#heap.keepLeast(LANE_BUFFER_MAX / 2);
    const first = dropped[0];
    if (first !== undefined) this.leaveOut(first.dueAt);
    return dropped;
  }
}

function isSooner(a: ReadyDelivery, b: ReadyDelivery): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.key < b.key);
}
