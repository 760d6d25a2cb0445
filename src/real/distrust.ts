import { putNewest } from "../domain/newest.ts";
import { DISTRUST_MS, DISTRUSTED_MAX } from "../limits.ts";

/**
 * Receivers that have sent what nobody asked for. On a connection to such a one every answer could be that to the request
 * before, so for some time each request gets a connection of its own.
 */
export class Distrust {
  readonly #until = new Map<string, number>();

  /** Beyond the limit the oldest is forgotten. */
  add(key: string): void {
    putNewest(this.#until, key, performance.now() + DISTRUST_MS, DISTRUSTED_MAX);
  }

  /** Whether its time is not over. */
  has(key: string): boolean {
    // Almost always nobody is distrusted, and every request asks.
    if (this.#until.size === 0) return false;
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#until.delete(key);
    return false;
  }
}
