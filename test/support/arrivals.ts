const PATIENCE_MS = 5_000;

/** Things that come in from the code under test, kept in order, and a way to wait for the next one by name. */
export interface Arrivals<Thing> {
  /** Everything that has come so far, waited for or not. */
  readonly all: readonly Thing[];
  push(thing: Thing): void;
  /**
   * The oldest thing that no earlier call took, as soon as there is one. Fails with `name` after a few seconds of real
   * time, so a test says what it missed and not that it took too long.
   */
  next(name: string): Promise<Thing>;
}

interface Waiter<Thing> {
  take(thing: Thing): void;
}

export function createArrivals<Thing>(): Arrivals<Thing> {
  const all: Thing[] = [];
  const untaken: Thing[] = [];
  const waiters: Waiter<Thing>[] = [];

  function wait(name: string): Promise<Thing> {
    const { promise, resolve, reject } = Promise.withResolvers<Thing>();
    const timer = setTimeout(() => {
      waiters.splice(waiters.indexOf(waiter), 1);
      reject(new Error(`waited ${PATIENCE_MS} ms in vain for: ${name} (${all.length} came before)`));
    }, PATIENCE_MS);
    const waiter: Waiter<Thing> = {
      take: (thing) => {
        clearTimeout(timer);
        resolve(thing);
      },
    };
    waiters.push(waiter);
    return promise;
  }

  return {
    all,
    push: (thing) => {
      all.push(thing);
      const waiter = waiters.shift();
      if (waiter === undefined) untaken.push(thing);
      else waiter.take(thing);
    },
    next: async (name) => untaken.shift() ?? wait(name),
  };
}
