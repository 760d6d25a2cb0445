import { formatSize } from "./domain/quantity.ts";
import { DISK_LOOK_MS } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Clock } from "./world.ts";

export interface DiskReserveParts {
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** Of the data directory's file system, for this user; null where the system does not tell. */
  readonly freeBytes: () => Promise<number | null>;
  /** 0: none. */
  readonly reserveBytes: number;
}

/**
 * Keeps the last of the disk for what makes no new deliveries: outcomes, changes, and deletions, which need room too before they
 * give any. It looks by the clock, so that no request waits for the file system; a disk that fills up faster than that is full
 * to SQLite, which refuses as well.
 */
export class DiskReserve {
  readonly #parts: DiskReserveParts;
  #isTouched = false;
  #isStopped = false;
  #cancel: () => void = () => {};

  constructor(parts: DiskReserveParts) {
    this.#parts = parts;
  }

  /** Less than the reserve is free: new events have to be refused. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    if (this.#parts.reserveBytes > 0) await this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const freeBytes = await this.#parts.freeBytes();
    if (this.#isStopped) return;
    const isTouched = freeBytes !== null && freeBytes < this.#parts.reserveBytes;
    if (isTouched !== this.#isTouched) this.#tell(isTouched, freeBytes);
    this.#isTouched = isTouched;
    this.#cancel = this.#parts.clock.after(DISK_LOOK_MS, () => void this.#look());
  }

  #tell(isTouched: boolean, freeBytes: number | null): void {
    const facts = { free_bytes: freeBytes, reserve: formatSize(this.#parts.reserveBytes) };
    if (isTouched) this.#parts.log.warn("the disk is nearly full; new events are refused", facts);
    else this.#parts.log.info("there is room on the disk again; new events are taken", facts);
  }
}
