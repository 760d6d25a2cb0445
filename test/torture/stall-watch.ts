const TICK_MS = 10;

/** How long a busy machine lets a process stand still: what no measured span can be blamed for. */
export class StallWatch implements Disposable {
  #tickedAt = performance.now();
  #worstMs = 0;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  get worstMs(): number {
    this.#tick();
    return this.#worstMs;
  }

  #tick(): void {
    const now = performance.now();
    this.#worstMs = Math.max(this.#worstMs, now - this.#tickedAt - TICK_MS);
    this.#tickedAt = now;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
