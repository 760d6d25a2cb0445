import { IDLE_CONNECTION_MS, IDLE_SWEEP_MS } from "../limits.ts";
import type { Clock } from "../world.ts";

/** What a connection is to those who keep it. */
export interface Keepable {
  /** Requests of the same key may use it. */
  readonly key: string;
  close(): void;
}

/** Sweeps that an idle connection outlives; so it is closed after `IDLE_CONNECTION_MS` at the latest. */
const SWEEPS_OUTLIVED = IDLE_CONNECTION_MS / IDLE_SWEEP_MS - 1;

/** Connections between two requests, so that the next one to the same receiver needs no connect and no handshake. */
export class Connections<Kept extends Keepable> {
  readonly #after: Clock["after"];
  readonly #idleMax: number;
  /** The longest idle first, each with the number of sweeps there had been when it was kept. */
  readonly #idle = new Map<Kept, number>();
  /** The one used last comes last. One that becomes empty stays until the next sweep: most are soon filled again. */
  readonly #idleByKey = new Map<string, Kept[]>();
  #sweeps = 0;
  #cancelSweep: (() => void) | null = null;
  #isClosed = false;

  /** Beyond `idleMax` the longest idle connection is closed. */
  constructor({ after, idleMax }: { readonly after: Clock["after"]; readonly idleMax: number }) {
    this.#after = after;
    this.#idleMax = idleMax;
  }

  /** An idle connection of this key, the one used last. */
  take(key: string): Kept | undefined {
    const connection = this.#idleByKey.get(key)?.at(-1);
    if (connection !== undefined) this.forget(connection);
    return connection;
  }

  keep(connection: Kept): void {
    if (this.#isClosed) {
      connection.close();
      return;
    }
    this.#idle.set(connection, this.#sweeps);
    const siblings = this.#idleByKey.get(connection.key);
    if (siblings === undefined) this.#idleByKey.set(connection.key, [connection]);
    else siblings.push(connection);
    if (this.#idle.size > this.#idleMax) this.#closeLongestIdle();
    this.#cancelSweep ??= this.#after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  /** It cannot be used any more; nothing happens unless it was kept. */
  forget(connection: Kept): void {
    if (!this.#idle.delete(connection)) return;
    const siblings = this.#idleByKey.get(connection.key) ?? [];
    if (siblings.at(-1) === connection) siblings.pop();
    else siblings.splice(siblings.indexOf(connection), 1);
  }

  /** What is idle, now; and from now on whatever comes back. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.keys()) this.#close(connection);
    this.#cancelSweep?.();
  }

  /** No timer runs while nothing is idle. */
  #sweep(): void {
    this.#sweeps += 1;
    for (const [connection, sweeps] of this.#idle) {
      if (this.#sweeps - sweeps <= SWEEPS_OUTLIVED) break;
      this.#close(connection);
    }
    for (const [key, { length }] of this.#idleByKey) if (length === 0) this.#idleByKey.delete(key);
    this.#cancelSweep = this.#idle.size === 0 ? null : this.#after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  #closeLongestIdle(): void {
    const [longest] = this.#idle.keys();
    if (longest !== undefined) this.#close(longest);
  }

  #close(connection: Kept): void {
    this.forget(connection);
    connection.close();
  }
}
