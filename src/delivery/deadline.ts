import { LATE_TIMER_GRACE_MS, LATE_TIMER_MS } from "../limits.ts";
import type { Clock, Cutoff, Millis } from "../world.ts";

/**
 * The time limit of one attempt, and the way to cut it off: when the time is up or somebody stops it, and `cause` tells
 * which. A timer that fires much too late means that this process stood still, not the receiver: then what
 * lies in the socket already gets a moment to be read.
 */
export class Deadline implements Cutoff {
  readonly #clock: Pick<Clock, "after" | "monotonic">;
  #dueAt: number;
  #cancel: () => void;
  onCut: (() => void) | null = null;
  cause: "timeout" | "stopped" | null = null;

  constructor(clock: Pick<Clock, "after" | "monotonic">, afterMs: Millis) {
    this.#clock = clock;
    this.#dueAt = clock.monotonic() + afterMs;
    this.#cancel = this.#ringAfter(afterMs);
  }

  get isCut(): boolean {
    return this.cause !== null;
  }

  /**
   * Counts anew from now: what follows has a limit of its own. It may pass the attempt's, but by no more than `beyondMs`: else
   * whoever answers at the last moment would get the better part of two limits.
   */
  restart(afterMs: Millis, beyondMs: Millis): void {
    this.#cancel();
    const leftMs = this.#dueAt + beyondMs - this.#clock.monotonic();
    this.#cancel = this.#ringAfter(Math.max(0, Math.min(afterMs, leftMs)));
  }

  /** Cuts the attempt off, whatever it is doing. */
  stop(): void {
    this.#cut("stopped");
  }

  /** The attempt is over. */
  clear(): void {
    this.#cancel();
  }

  /** `work`, or null when the deadline comes first. For work that cannot be cut off itself. */
  async bound<Result>(work: Promise<Result>): Promise<Result | null> {
    if (this.isCut) return null;
    const cut = Promise.withResolvers<null>();
    this.onCut = () => cut.resolve(null);
    try {
      return await Promise.race([work, cut.promise]);
    } finally {
      this.onCut = null;
    }
  }

  #ringAfter(afterMs: Millis): () => void {
    const dueAt = this.#clock.monotonic() + afterMs;
    return this.#clock.after(afterMs, () => this.#ring(dueAt));
  }

  #ring(dueAt: number): void {
    const isLate = this.#clock.monotonic() - dueAt > LATE_TIMER_MS;
    if (!isLate) {
      this.#cut("timeout");
      return;
    }
    this.#dueAt = this.#clock.monotonic();
    this.#cancel = this.#clock.after(LATE_TIMER_GRACE_MS, () => this.#cut("timeout"));
  }

  #cut(cause: "timeout" | "stopped"): void {
    this.#cancel();
    if (this.cause !== null) return;
    this.cause = cause;
    this.onCut?.();
  }
}
