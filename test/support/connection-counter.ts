/** Listens on some ports, answers nothing, and counts who comes. */
export interface ConnectionCounter extends Disposable {
  readonly connections: number;
  /** Ports on which it could not listen: another program does, or this user may not. */
  readonly missed: readonly number[];
}

const EVERYWHERE: readonly string[] = ["0.0.0.0", "::"];

/** @param addresses where to listen; on every local address unless told otherwise */
export function countConnections(ports: Iterable<number>, addresses = EVERYWHERE): ConnectionCounter {
  const listeners: Disposable[] = [];
  const missed: number[] = [];
  let connections = 0;
  const count = () => {
    connections += 1;
  };
  for (const port of ports) {
    const opened = addresses.flatMap((hostname) => listen(hostname, port, count) ?? []);
    listeners.push(...opened);
    if (opened.length === 0) missed.push(port);
  }
  return {
    missed,
    get connections() {
      return connections;
    },
    [Symbol.dispose]: () => {
      for (const listener of listeners) listener[Symbol.dispose]();
    },
  };
}

function listen(hostname: string, port: number, count: () => void): Disposable | null {
  try {
    const listener = Bun.listen({ hostname, port, socket: { open: count, data: () => {} } });
    return { [Symbol.dispose]: () => listener.stop(true) };
  } catch {
    return null;
  }
}
