/** Counts what is under way at once, per name and in all. */
export interface Flights {
  /** The answer ends it; ending it again does nothing. */
  start(name: string): () => void;
  /** Under way now; without a name, in all. */
  now(name?: string): number;
  /** The most there ever were at once. */
  most(name?: string): number;
}

const TOTAL = Symbol("total");

export function createFlights(): Flights {
  const current = new Map<string | typeof TOTAL, number>();
  const highest = new Map<string | typeof TOTAL, number>();

  function add(name: string | typeof TOTAL, step: 1 | -1): void {
    const count = (current.get(name) ?? 0) + step;
    current.set(name, count);
    highest.set(name, Math.max(count, highest.get(name) ?? 0));
  }

  return {
    start: (name) => {
      let under = true;
      add(name, 1);
      add(TOTAL, 1);
      return () => {
        if (!under) return;
        under = false;
        add(name, -1);
        add(TOTAL, -1);
      };
    },
    now: (name) => current.get(name ?? TOTAL) ?? 0,
    most: (name) => highest.get(name ?? TOTAL) ?? 0,
  };
}
