import { randomFillSync } from "node:crypto";
import type { Random } from "../world.ts";

/** One call into the operating system's generator serves some hundred ids: a call costs as much as the bytes of all of them. */
const POOL_BYTES = 4_096;
const TWO_POW_32 = 2 ** 32;

/** Cryptographically strong chance. Bytes are handed out once and never again. */
export function createRandom(): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;

  function take(length: number): Buffer {
    if (used + length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  }

  return {
    bytes: (length) => (length > POOL_BYTES ? randomFillSync(new Uint8Array(length)) : new Uint8Array(take(length))),
    unit: () => take(4).readUInt32LE() / TWO_POW_32,
  };
}
