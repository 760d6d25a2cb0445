import type { Cutoff } from "../../src/world.ts";

/** A cut-off in the hand of a test. */
export class ManualCutoff implements Cutoff {
  onCut: (() => void) | null = null;
  #isCut = false;

  get isCut(): boolean {
    return this.#isCut;
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.onCut?.();
  }
}

/** One that has been cut before anything began. */
export function alreadyCut(): Cutoff {
  return { isCut: true, onCut: null };
}

/** One that nobody cuts. */
export function neverCut(): Cutoff {
  return new ManualCutoff();
}
