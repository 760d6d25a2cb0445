import type { Random } from "../../src/world.ts";

export interface SeededRandom extends Random {
  readonly seed: number;
  /** Uniform among the integers from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the choices, each as likely as the others. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice;
}

const TWO_POW_32 = 2 ** 32;

/** Chance that repeats itself: the same seed gives the same bytes and numbers. */
export function createSeededRandom(seed: number): SeededRandom {
  const next = mulberry32(seed);
  const unit = () => next() / TWO_POW_32;
  const between = (least: number, most: number) => least + Math.floor(unit() * (most - least + 1));
  return {
    seed,
    unit,
    between,
    chance: (probability) => unit() < probability,
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
  };
}

/** Runs a test once per seed; the failure of one names it, so that `SEED=…` repeats exactly that run. */
export async function forEachSeed(count: number, run: (seed: number) => Promise<void>): Promise<void> {
  for (const seed of chosenSeeds(count)) {
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`SEED=${seed} repeats this failure: ${String(error)}`, { cause: error });
    }
  }
}

function chosenSeeds(count: number): readonly number[] {
  const only = process.env["SEED"];
  return only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
}

/** Tommy Ettinger's mulberry32: 32 uniform bits a call, from 32 bits of state. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
