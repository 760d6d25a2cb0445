import { Cron } from "croner";
import { PRUNE_CHUNK_ROWS, PRUNE_PAUSE_MS, RECLAIM_CHUNK_PAGES } from "../limits.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/contract.ts";
import type { Clock, Millis } from "../world.ts";

export interface PrunerParts {
  readonly store: Pick<Store, "tidy" | "reclaim">;
  readonly clock: Pick<Clock, "after" | "wall">;
  readonly log: Log;
  readonly retentionMs: Millis;
  readonly auditRetentionMs: Millis;
  /** When old logs go; five fields, in UTC. */
  readonly cron: string;
}

type Level = "info" | "debug";

/**
 * Old logs and freed space. croner computes the next run, the wait is on the clock; the work goes in chunks with a pause
 * between them, so that the writer is never held for long.
 */
export class Pruner {
  readonly #parts: PrunerParts;
  readonly #cron: Cron;
  #cancel: () => void = () => {};
  #running: Promise<void> | null = null;
  /** How a run that is still to come tells what it removed. */
  #asked: Level | null = null;
  #isStopping = false;

  constructor(parts: PrunerParts) {
    this.#parts = parts;
    this.#cron = new Cron(parts.cron, { timezone: "UTC", paused: true });
  }

  /** Waits for the next run; what an earlier process left half done goes at once. */
  start(): void {
    this.#arm();
    this.#ask("info");
  }

  /** Runs now, or once more after the run under way: a webhook was deleted, say, which is nothing to be told of at length. */
  kick(): void {
    this.#ask("debug");
  }

  /** Ends with the chunk under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel();
    await this.#running;
  }

  #ask(level: Level): void {
    if (this.#isStopping) return;
    if (this.#asked !== "info") this.#asked = level;
    this.#running ??= this.#runWhileAsked();
  }

  #arm(): void {
    const now = this.#parts.clock.wall();
    const next = this.#cron.nextRun(new Date(now));
    if (next === null) return;
    this.#cancel = this.#parts.clock.after(Math.max(0, next.getTime() - now), () => {
      this.#ask("info");
      this.#arm();
    });
  }

  async #runWhileAsked(): Promise<void> {
    while (this.#asked !== null && !this.#isStopping) {
      const level = this.#asked;
      this.#asked = null;
      await this.#run(level);
    }
    this.#running = null;
  }

  /** A run that fails is told and left to the next one: nothing is half done between two chunks. */
  async #run(level: Level): Promise<void> {
    try {
      const now = this.#parts.clock.wall();
      const rows = await this.#tidy(now);
      const pages = await this.#reclaim();
      if (rows + pages > 0) this.#parts.log[level]("pruned", { rows, pages });
    } catch (error) {
      this.#parts.log.warn("pruning failed; the next run goes on", { error: String(error) });
    }
  }

  async #tidy(now: Millis): Promise<number> {
    const { retentionMs, auditRetentionMs } = this.#parts;
    const bounds = { before: now - retentionMs, auditBefore: now - auditRetentionMs };
    const chunk = { now, ...bounds, maxRows: PRUNE_CHUNK_ROWS };
    let total = 0;
    for (;;) {
      const { rows, more } = await this.#parts.store.tidy(chunk);
      total += rows;
      if (!more || this.#isStopping) return total;
      await this.#pause();
    }
  }

  async #reclaim(): Promise<number> {
    let total = 0;
    for (;;) {
      if (this.#isStopping) return total;
      const { pages, more } = await this.#parts.store.reclaim(RECLAIM_CHUNK_PAGES);
      total += pages;
      if (!more) return total;
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(PRUNE_PAUSE_MS, resolve);
    });
  }
}
