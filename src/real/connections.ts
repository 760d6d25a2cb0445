import { IDLE_CONNECTION_MS, IDLE_SWEEP_MS } from "../limits.ts";
import type { Clock } from "../world.ts";

/** What a connection is to those who keep it. */
export interface Keepable {
  /** Requests of the same key may use it. */
  readonly key: string;
  /** Its place among all that were ever kept; 0 while it is not. */
  keptAs: number;
  close(): void;
}

/** An idle connection sees as many sweeps at most, the first of them within `IDLE_SWEEP_MS`. */
const SWEEPS_SEEN = IDLE_CONNECTION_MS / IDLE_SWEEP_MS;

/** Connections between two requests, so that the next one to the same receiver needs no connect and no handshake. */
export class Connections<Kept extends Keepable> {
  readonly #after: Clock["after"];
  readonly #idleMax: number;
  /** The longest idle of a key first. An empty list stays until the next sweep: most are soon filled again. */
  readonly #idle = new Map<string, Kept[]>();
  #idleCount = 0;
  #keptCount = 0;
  /** How many had been kept at each of the latest sweeps. */
  #keptBySweep: number[] = [];
  #cancelSweep: (() => void) | null = null;
  #isClosed = false;

  /** Beyond `idleMax` the longest idle connection is closed. */
  constructor({ after, idleMax }: { readonly after: Clock["after"]; readonly idleMax: number }) {
    this.#after = after;
    this.#idleMax = idleMax;
  }

  /** An idle connection of this key, the one used last. */
  take(key: string): Kept | undefined {
    const connection = this.#idle.get(key)?.pop();
    if (connection !== undefined) this.#leave(connection);
    return connection;
  }

  keep(connection: Kept): void {
    if (this.#isClosed) {
      connection.close();
      return;
    }
    connection.keptAs = ++this.#keptCount;
    this.#idleCount += 1;
    const siblings = this.#idle.get(connection.key);
    if (siblings === undefined) this.#idle.set(connection.key, [connection]);
    else siblings.push(connection);
    if (this.#idleCount > this.#idleMax) this.closeLongestIdle();
    this.#cancelSweep ??= this.#after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  /** It cannot be used any more; nothing happens unless it was kept. */
  forget(connection: Kept): void {
    if (connection.keptAs === 0) return;
    const siblings = this.#idle.get(connection.key) ?? [];
    siblings.splice(siblings.indexOf(connection), 1);
    this.#leave(connection);
  }

  /**
   * Makes room for another. Looks at every key, which is little beside the connect that made one too many.
   *
   * @returns false when none is idle
   */
  closeLongestIdle(): boolean {
    let longest: Kept | undefined;
    for (const [first] of this.#idle.values()) {
      if (first !== undefined && first.keptAs < (longest?.keptAs ?? Number.POSITIVE_INFINITY)) longest = first;
    }
    if (longest !== undefined) this.#close(longest);
    return longest !== undefined;
  }

  /** What is idle, now; and from now on whatever comes back. */
  close(): void {
    this.#isClosed = true;
    this.#closeKeptUntil(this.#keptCount);
    this.#cancelSweep?.();
  }

  /** No timer runs while nothing is idle. */
  #sweep(): void {
    this.#keptBySweep.push(this.#keptCount);
    if (this.#keptBySweep.length === SWEEPS_SEEN) this.#closeKeptUntil(this.#keptBySweep.shift() ?? 0);
    const goesOn = this.#idleCount > 0;
    if (!goesOn) {
      this.#keptBySweep = [];
      this.#idle.clear();
    }
    this.#cancelSweep = goesOn ? this.#after(IDLE_SWEEP_MS, () => this.#sweep()) : null;
  }

  #closeKeptUntil(count: number): void {
    for (const [key, siblings] of this.#idle) {
      while (siblings[0] !== undefined && siblings[0].keptAs <= count) this.#close(siblings[0]);
      if (siblings.length === 0) this.#idle.delete(key);
    }
  }

  #close(connection: Kept): void {
    this.forget(connection);
    connection.close();
  }

  #leave(connection: Kept): void {
    connection.keptAs = 0;
    this.#idleCount -= 1;
  }
}
