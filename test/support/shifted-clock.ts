import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { emptyPlace, type Place } from "./place.ts";
import { compiledShim } from "./shim.ts";

/** A place with a wall clock of its own, for programs that are started with its settings. */
export interface ShiftedClock extends Place {
  readonly settings: Readonly<Record<string, string>>;
  /** Steps the wall clock to be so far ahead of the machine's, or behind it, at once and for every program started with it. */
  shift(aheadMs: number): void;
}

export function shiftedClock(): ShiftedClock {
  const place = emptyPlace();
  const path = join(place.path, "clock");
  writeFileSync(path, new Uint8Array(8));
  const file = openSync(path, "r+");
  return {
    ...place,
    settings: { LD_PRELOAD: compiledShim("clock"), CLOCK_FILE: path },
    shift: (aheadMs) => void writeSync(file, new BigInt64Array([BigInt(aheadMs)]), 0, 8, 0),
    [Symbol.dispose]() {
      closeSync(file);
      place[Symbol.dispose]();
    },
  };
}
