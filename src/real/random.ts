import { randomFillSync } from "node:crypto";
import type { Random } from "../world.ts";

/** One call into the operating system's generator serves some hundred ids: a call costs as much as the bytes of all of them. */
const POOL_BYTES = 4_096;
const TWO_POW_32 = 2 ** 32;

/** Cryptographically strong chance. Bytes are handed out once and never again. */
export function createRandom(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  const numbers = new DataView(pool.buffer);
  let used = POOL_BYTES;

  /** Where so many fresh bytes begin. */
  function take(length: number): number {
    if (used + length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += length;
    return used - length;
  }

  function bytes(length: number): Uint8Array {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    const start = take(length);
    return pool.slice(start, start + length);
  }

  return { bytes, unit: () => numbers.getUint32(take(4)) / TWO_POW_32 };
}
