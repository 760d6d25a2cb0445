import { LATE_TIMER_GRACE_MS, LATE_TIMER_MS } from "../limits.ts";
import type { Clock, Millis } from "../world.ts";

/**
 * The time limit of one attempt, and the way to cut it off. `signal` aborts when the time is up or somebody stops it, and
 * `cause` tells which. A timer that fires much too late means that this process stood still, not the receiver: then what
 * lies in the socket already gets a moment to be read.
 */
export class Deadline {
  readonly #clock: Pick<Clock, "after" | "monotonic">;
  readonly #controller = new AbortController();
  #cancel: () => void = () => {};
  cause: "timeout" | "stopped" | null = null;

  constructor(clock: Pick<Clock, "after" | "monotonic">, afterMs: Millis) {
    this.#clock = clock;
    this.restart(afterMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts anew from now: the head is complete, and the body has a limit of its own. */
  restart(afterMs: Millis): void {
    this.#cancel();
    const dueAt = this.#clock.monotonic() + afterMs;
    this.#cancel = this.#clock.after(afterMs, () => this.#ring(dueAt));
  }

  /** Cuts the attempt off, whatever it is doing. */
  stop(): void {
    this.#abort("stopped");
  }

  /** The attempt is over. */
  clear(): void {
    this.#cancel();
  }

  /** `work`, or null when the deadline comes first. For work that cannot be aborted itself. */
  async bound<Result>(work: Promise<Result>): Promise<Result | null> {
    if (this.signal.aborted) return null;
    let onAbort = () => {};
    const aborted = new Promise<null>((resolve) => {
      onAbort = () => resolve(null);
      this.signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  #ring(dueAt: number): void {
    const isLate = this.#clock.monotonic() - dueAt > LATE_TIMER_MS;
    if (isLate) this.#cancel = this.#clock.after(LATE_TIMER_GRACE_MS, () => this.#abort("timeout"));
    else this.#abort("timeout");
  }

  #abort(cause: "timeout" | "stopped"): void {
    this.#cancel();
    if (this.cause !== null) return;
    this.cause = cause;
    this.#controller.abort();
  }
}
