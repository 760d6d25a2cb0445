export interface StopSignals {
  /** Resolves with the signal's name. */
  readonly first: Promise<string>;
  readonly second: Promise<string>;
}

/** SIGTERM and SIGINT, counted from now on instead of ending the process. */
export function stopSignals(): StopSignals {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const waiting = [first, second];
  const receive = (signal: string) => waiting.shift()?.resolve(signal);
  process.on("SIGTERM", receive).on("SIGINT", receive);
  return { first: first.promise, second: second.promise };
}
