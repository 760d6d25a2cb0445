import { DISTRUST_MS, DISTRUSTED_MAX } from "../limits.ts";

/**
 * Receivers that have sent what nobody asked for. On a connection to such a one every answer could be that to the request
 * before, so for some time each request gets a connection of its own.
 */
export class Distrust {
  readonly #until = new Map<string, number>();

  /** Beyond the limit the oldest is forgotten. */
  add(key: string): void {
    this.#until.delete(key);
    this.#until.set(key, performance.now() + DISTRUST_MS);
    const [oldest] = this.#until.keys();
    if (this.#until.size > DISTRUSTED_MAX && oldest !== undefined) this.#until.delete(oldest);
  }

  has(key: string): boolean {
    // Almost always there is none.
    if (this.#until.size === 0) return false;
    const until = this.#until.get(key);
    if (until === undefined || until > performance.now()) return until !== undefined;
    this.#until.delete(key);
    return false;
  }
}
