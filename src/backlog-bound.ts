import { BACKLOG_LOOK_MS, BACKLOG_RESUMES_AT } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Store } from "./store/contract.ts";
import type { Clock } from "./world.ts";

export interface BacklogBoundParts {
  readonly store: Pick<Store, "pending">;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** Pending deliveries, all tenants together. */
  readonly maxPending: number;
}

/**
 * Keeps the backlog from growing for ever when more comes in than goes out. It looks by the clock, so that no event waits for it:
 * what comes in between two looks is beyond the bound. At the bound, events are refused until a part of it has been worked off,
 * so that a backlog which stays there is not taken from and refused in turns.
 */
export class BacklogBound {
  readonly #parts: BacklogBoundParts;
  #isReached = false;
  #isStopped = false;
  #cancel: () => void = () => {};

  constructor(parts: BacklogBoundParts) {
    this.#parts = parts;
  }

  /** New events have to be refused. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Resolves after the first look. */
  start(): Promise<void> {
    return this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const pending = await this.#pending();
    if (this.#isStopped) return;
    const { maxPending, clock } = this.#parts;
    const isReached = pending >= (this.#isReached ? maxPending * BACKLOG_RESUMES_AT : maxPending);
    if (isReached !== this.#isReached) this.#tell(isReached, pending);
    this.#isReached = isReached;
    this.#cancel = clock.after(BACKLOG_LOOK_MS, () => void this.#look());
  }

  /** A store that does not answer is shut, and takes no event either. */
  async #pending(): Promise<number> {
    try {
      return await this.#parts.store.pending();
    } catch {
      return 0;
    }
  }

  #tell(isReached: boolean, pending: number): void {
    const facts = { pending, max: this.#parts.maxPending };
    if (isReached) this.#parts.log.warn("the backlog is full; new events are refused", facts);
    else this.#parts.log.info("the backlog has shrunk; new events are taken", facts);
  }
}
