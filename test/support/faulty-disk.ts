import { closeSync, openSync, realpathSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { emptyPlace, type Place } from "./place.ts";
import { compiledShim } from "./shim.ts";

/**
 * - `full`: what lies there can be written over, but nothing grows
 * - `sync-fails`: fsync gives EIO
 * - `read-only`: the file system was remounted so
 */
export type DiskFault = "none" | "full" | "sync-fails" | "read-only";

/** As in shims/faults.c. */
const FAULTS: Readonly<Record<DiskFault, number>> = { none: 0, full: 1, "sync-fails": 2, "read-only": 3 };
const ORDER_BYTES = 16;

/** A place whose disk fails on demand, for programs that are started with its settings. */
export interface FaultyDisk extends Place {
  readonly settings: Readonly<Record<string, string>>;
  become(fault: DiskFault): void;
  /** What the system says is free; nothing is really taken. */
  pretendFree(bytes: number): void;
}

export function faultyDisk(freeBytes: number): FaultyDisk {
  const place = emptyPlace();
  const orders = join(place.path, "faults");
  writeFileSync(orders, new Uint8Array(ORDER_BYTES));
  const file = openSync(orders, "r+");
  const order = (value: number, at: number) => writeSync(file, new BigUint64Array([BigInt(value)]), 0, 8, at);
  order(freeBytes, 8);
  return {
    ...place,
    settings: {
      LD_PRELOAD: compiledShim("faults"),
      FAULT_DIR: join(realpathSync(place.path), "data"),
      FAULT_FILE: orders,
    },
    become: (fault) => void order(FAULTS[fault], 0),
    pretendFree: (bytes) => void order(bytes, 8),
    [Symbol.dispose]() {
      closeSync(file);
      place[Symbol.dispose]();
    },
  };
}
