import { DIALS_PER_DESTINATION_MAX } from "../limits.ts";
import type { Cutoff, SendFailure } from "../world.ts";

/** A request that needs a connection. */
export interface Waiter<Connection> {
  readonly cutoff: Cutoff;
  /** False when the connection is gone, and took nothing of the request. */
  use(connection: Connection): boolean;
  fail(failure: SendFailure): void;
}

export interface ConnectionQueueParts<Connection> {
  /** Makes a connection; the answer gives it up. */
  readonly dial: (dialled: (result: Connection | SendFailure) => void) => () => void;
  /** Takes in a connection that nobody waits for any more. */
  readonly spare: (connection: Connection) => void;
  /** Nobody waits, and nothing is being made: the queue can be forgotten. */
  readonly idle: () => void;
}

/**
 * Requests that wait for a connection to one receiver. They get the next one that is made or, mostly sooner, one that comes
 * free; and only so many are made at once, since with TLS to make one costs more than many requests: a busy receiver has
 * then as many connections as it keeps busy, and not as many as deliveries were ever due at the same moment.
 */
export class ConnectionQueue<Connection extends object> {
  readonly #parts: ConnectionQueueParts<Connection>;
  readonly #waiting = new Set<Waiter<Connection>>();
  readonly #dials = new Set<() => void>();

  constructor(parts: ConnectionQueueParts<Connection>) {
    this.#parts = parts;
  }

  /** `waiter` is told exactly once. */
  enter(waiter: Waiter<Connection>): void {
    this.#waiting.add(waiter);
    waiter.cutoff.onCut = () => this.#leave(waiter);
    this.#look();
  }

  /** Hands a connection that came free to whoever waits longest. False: nobody does. */
  offer(connection: Connection): boolean {
    const waiter = this.#first();
    if (waiter === undefined) return false;
    if (waiter.use(connection)) this.#look();
    else this.enter(waiter);
    return true;
  }

  #first(): Waiter<Connection> | undefined {
    const [waiter] = this.#waiting;
    if (waiter !== undefined) this.#dismiss(waiter);
    return waiter;
  }

  #dismiss(waiter: Waiter<Connection>): void {
    this.#waiting.delete(waiter);
    waiter.cutoff.onCut = null;
  }

  #leave(waiter: Waiter<Connection>): void {
    this.#dismiss(waiter);
    if (this.#waiting.size === 0) this.#giveUp();
    waiter.fail("aborted");
    this.#look();
  }

  #giveUp(): void {
    for (const giveUp of this.#dials) giveUp();
    this.#dials.clear();
  }

  #look(): void {
    if (this.#dials.size < Math.min(DIALS_PER_DESTINATION_MAX, this.#waiting.size)) this.#dial();
    else if (this.#waiting.size === 0 && this.#dials.size === 0) this.#parts.idle();
  }

  #dial(): void {
    const giveUp = this.#parts.dial((result) => {
      this.#dials.delete(giveUp);
      if (typeof result === "string") this.#failed(result);
      else this.#made(result);
      this.#look();
    });
    this.#dials.add(giveUp);
  }

  #made(connection: Connection): void {
    const waiter = this.#first();
    if (waiter === undefined) this.#parts.spare(connection);
    // Gone as soon as it was there: the next one would be no better.
    else if (!waiter.use(connection)) waiter.fail("connection_reset");
  }

  /** Whoever waits with no other connection on its way would only find the same. */
  #failed(failure: SendFailure): void {
    this.#first()?.fail(failure);
    if (this.#dials.size > 0) return;
    for (let waiter = this.#first(); waiter !== undefined; waiter = this.#first()) waiter.fail(failure);
  }
}
