import type { Millis } from "../world.ts";

/** Lets work begin in groups, for those who would lose it if it came all at once. */
export interface Pace {
  /** Resolves when it is this one's turn, in the order of asking: at once, as long as the group of this moment is not full. */
  turn(): Promise<void>;
}

/** @param options at most `groupMax` turns within `everyMs` */
export function createPace({ groupMax, everyMs }: { readonly groupMax: number; readonly everyMs: Millis }): Pace {
  const waiting: (() => void)[] = [];
  let free = groupMax;
  let isCounting = false;

  function take(): void {
    free -= 1;
    if (isCounting) return;
    isCounting = true;
    setTimeout(nextGroup, everyMs);
  }

  function nextGroup(): void {
    free = groupMax;
    isCounting = false;
    for (const begin of waiting.splice(0, groupMax)) {
      take();
      begin();
    }
  }

  return {
    async turn() {
      if (free > 0) return take();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
  };
}
