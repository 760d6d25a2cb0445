export interface StopSignals {
  /** Resolves with the signal's name. */
  readonly first: Promise<string>;
  readonly second: Promise<string>;
}

/**
 * SIGTERM and SIGINT, counted from now on instead of ending the process; SIGHUP too, when it means that the terminal has gone.
 * Elsewhere that asks a program to read its settings again, and neither that nor the signals without a meaning end anything.
 */
export function stopSignals(hasTerminal: boolean): StopSignals {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const waiting = [first, second];
  const receive = (signal: string) => waiting.shift()?.resolve(signal);
  const ignore = () => {};
  process.on("SIGTERM", receive).on("SIGINT", receive);
  process.on("SIGHUP", hasTerminal ? receive : ignore);
  process.on("SIGUSR1", ignore).on("SIGUSR2", ignore);
  return { first: first.promise, second: second.promise };
}
