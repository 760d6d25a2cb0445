import { BUFFERED_BODY_MAX_BYTES, BUFFERED_DELIVERIES_MAX, SOUGHT_BODY_MAX_BYTES } from "../limits.ts";
import type { ReadyDelivery } from "../store/contract.ts";

const BYTES_PER_CHARACTER = 2;

/** What all lanes together may hold in memory: so many deliveries, and so many bytes of bodies that ride along. */
export class BufferBudget {
  #deliveries = 0;
  #bodyBytes = 0;

  get deliveries(): number {
    return this.#deliveries;
  }

  get isSpent(): boolean {
    return this.#deliveries >= BUFFERED_DELIVERIES_MAX;
  }

  /** Keeps room for so many bodies that a seek is about to bring. False: there is none, and they had better stay behind. */
  reserve(bodies: number): boolean {
    const bytes = soughtBytes(bodies);
    if (this.#bodyBytes + bytes > BUFFERED_BODY_MAX_BYTES) return false;
    this.#bodyBytes += bytes;
    return true;
  }

  /** The seek has ended: what it brought is admitted one by one. */
  giveBack(bodies: number): void {
    this.#bodyBytes -= soughtBytes(bodies);
  }

  /** Counts the entry in. When the bodies have used up their bytes, its payload stays behind and is read at claim. */
  admit(entry: ReadyDelivery): ReadyDelivery {
    this.#deliveries += 1;
    const bytes = bodyBytes(entry);
    if (this.#bodyBytes + bytes > BUFFERED_BODY_MAX_BYTES) {
      const { payload: _, ...withoutPayload } = entry;
      return withoutPayload;
    }
    this.#bodyBytes += bytes;
    return entry;
  }

  /** Counts out an entry that `admit` gave. */
  dismiss(entry: ReadyDelivery): void {
    this.#deliveries -= 1;
    this.#bodyBytes -= bodyBytes(entry);
  }
}

function soughtBytes(bodies: number): number {
  return bodies * SOUGHT_BODY_MAX_BYTES * BYTES_PER_CHARACTER;
}

/** An upper bound of what a string costs in memory. */
function bodyBytes(entry: ReadyDelivery): number {
  return entry.payload === undefined ? 0 : entry.payload.body.length * BYTES_PER_CHARACTER;
}
