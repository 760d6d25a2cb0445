import { READS_WAITING_MAX } from "../limits.ts";
import { tooManyReads } from "./errors.ts";
import { FairShare } from "./fair-share.ts";

/**
 * One read after the other: those of a tenant in the order in which they came, and the tenants in turns. So whatever the others
 * ask, a tenant waits for one read of each of them.
 */
export class ReadTurns {
  /** By tenant, in the order of their turns: what begins the reads of each. */
  readonly #waiting = new Map<string | null, (() => void)[]>();
  readonly #places = new FairShare(READS_WAITING_MAX);
  #isTaken = false;

  /**
   * Resolves, or rejects, as `read` does once its turn has come.
   *
   * @throws Problem 429 when too many reads of the tenant wait already
   */
  async take<Result>(tenant: string | null, read: () => Result | Promise<Result>): Promise<Result> {
    if (this.#isTaken) await this.#turn(tenant);
    this.#isTaken = true;
    try {
      return await read();
    } finally {
      this.#pass(tenant);
    }
  }

  #turn(tenant: string | null): Promise<void> {
    if (!this.#places.take(tenant, 1)) throw tooManyReads("Too many reads of the tenant are waiting for their turn.");
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = this.#waiting.get(tenant);
    if (line === undefined) this.#waiting.set(tenant, [resolve]);
    else line.push(resolve);
    return promise;
  }

  /** Whoever had a turn is behind all others now. */
  #pass(tenant: string | null): void {
    const others = this.#waiting.get(tenant);
    if (others !== undefined) {
      this.#waiting.delete(tenant);
      this.#waiting.set(tenant, others);
    }
    const [first] = this.#waiting;
    if (first === undefined) this.#isTaken = false;
    else this.#begin(...first);
  }

  #begin(tenant: string | null, line: (() => void)[]): void {
    const begin = line.shift();
    if (line.length === 0) this.#waiting.delete(tenant);
    this.#places.giveBack(tenant, 1);
    begin?.();
  }
}
