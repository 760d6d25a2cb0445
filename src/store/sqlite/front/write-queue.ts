import { OBSTACLE_RETRY_MS, WRITE_BATCH_LARGE_COMMANDS } from "../../../limits.ts";
import type { Clock, Millis } from "../../../world.ts";
import { StoreError } from "../../contract.ts";
import { type CommandKind, kindOf } from "../command-kind.ts";
import type { Obstacle } from "../fault.ts";
import type { Answer, Command, WriteVerbs } from "../verbs.ts";
import type { BatchResult } from "../writer.ts";
import { takeBatch, type Waiting } from "./write-batch.ts";

/** The way to the connection that writes: a thread of its own, or none. */
export interface WriterLink {
  /** Rejects when the writer is no more. */
  run(batch: readonly Command[]): Promise<BatchResult>;
  /** What it is worth to wait after a large batch, so that the next one is large too; 0 where a batch wakes no thread. */
  readonly restMs: Millis;
  close(): Promise<void>;
}

export interface WriteQueueParts {
  readonly link: WriterLink;
  readonly clock: Pick<Clock, "after">;
  /** Told once: nothing is acknowledged after it. */
  readonly onFatal: (error: Error) => void;
  /** Told when another program begins to keep writes from being done, and when it does so no more. */
  readonly onBusy: (isBusy: boolean) => void;
}

/**
 * Group commit: one batch is under way at a time, and what arrives meanwhile makes the next one. Answers are taken in, in the
 * order of the commands, before any promise goes on; so whoever keeps something in memory keeps it in the order of the writes.
 *
 * When the disk is full, or another program holds the database, a client's write is refused; an outcome, which happened, is stuck
 * until it can be written. Whether there is room the next write tells; of the other program only the clock asks, because each
 * time costs a wait.
 */
export class WriteQueue {
  readonly #parts: WriteQueueParts;
  #waiting: Waiting[] = [];
  #stuck: Waiting[] = [];
  /** What keeps writes from being done, as far as is known. */
  #obstacle: Obstacle | null = null;
  #isRetryDue = false;
  #cancelRetry: (() => void) | null = null;
  #isFlushing = false;
  #isFailed = false;
  /** Why nothing more is taken. */
  #refusal: StoreError | null = null;
  #onIdle: () => void = () => {};

  constructor(parts: WriteQueueParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with what `absorb` makes of the answer, when the write is on disk.
   *
   * @throws StoreError
   */
  write<Verb extends keyof WriteVerbs, Taken>(
    command: Command & { readonly verb: Verb },
    absorb: (answer: Answer<WriteVerbs, Verb>) => Taken,
  ): Promise<Taken> {
    return new Promise((resolve, reject) => {
      const kind = kindOf(command);
      const refusal = this.#refusalOf(kind);
      if (refusal !== null) return reject(refusal);
      // The writer gives each command its own verb's answer; this is the one place where that has to be believed.
      const take = (answer: unknown) => resolve(absorb(answer as Answer<WriteVerbs, Verb>));
      this.#enter({ command, kind, take, reject });
    });
  }

  /** Takes nothing more, lets what is under way end, and tries what is stuck once more. */
  async drain(): Promise<void> {
    this.#refusal ??= new StoreError("closed", "The store is closed.");
    this.#retry();
    await this.#idle();
    this.#cancelRetry?.();
    if (this.#obstacle !== null) rejectAll(this.#stuck.splice(0), unwritten(this.#obstacle));
  }

  /** To be called when it is drained. */
  close(): Promise<void> {
    return this.#parts.link.close();
  }

  /** Nothing can be trusted any more; also for whoever else finds that out. */
  fail(reason: string): void {
    if (this.#isFailed) return;
    this.#isFailed = true;
    this.#refusal = new StoreError("closed", `The store has failed: ${reason}`);
    this.#cancelRetry?.();
    this.#obstacle = null;
    rejectAll(this.#waiting.splice(0), this.#refusal);
    rejectAll(this.#stuck.splice(0), this.#refusal);
    this.#parts.onFatal(this.#refusal);
  }

  #refusalOf(kind: CommandKind): StoreError | null {
    if (this.#refusal !== null) return this.#refusal;
    return kind === "write" && this.#obstacle === "busy" ? unwritten("busy") : null;
  }

  #enter(waiting: Waiting): void {
    const queue = waiting.kind === "owed" && this.#obstacle !== null ? this.#stuck : this.#waiting;
    queue.push(waiting);
    this.#flushSoon();
  }

  /** What is asked for in the same turn shares the first batch too. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    for (let batch = this.#next(); batch !== null; batch = this.#next()) {
      this.#takeIn(batch, await this.#run(batch));
      if (batch.length >= WRITE_BATCH_LARGE_COMMANDS) await this.#rest();
    }
    this.#isFlushing = false;
    this.#onIdle();
  }

  /** Under load, when a commit's own cost would be spread over few: two threads are woken for it, and many pages written. */
  async #rest(): Promise<void> {
    const { link, clock } = this.#parts;
    if (link.restMs > 0) await new Promise<void>((resolve) => clock.after(link.restMs, resolve));
  }

  /** Before an obstacle, what is stuck goes before any other write, be it nothing, and reads go on as ever. Null: nothing to do. */
  #next(): readonly Waiting[] | null {
    const isHeld = this.#obstacle !== null;
    if (isHeld && (this.#isRetryDue || this.#waiting.some(({ kind }) => kind === "write")))
      return takeBatch(this.#stuck);
    return this.#waiting.length === 0 ? null : takeBatch(this.#waiting);
  }

  async #run(batch: readonly Waiting[]): Promise<BatchResult> {
    try {
      return await this.#parts.link.run(batch.map(({ command }) => command));
    } catch (error) {
      return { kind: "fatal", reason: String(error) };
    }
  }

  #takeIn(batch: readonly Waiting[], result: BatchResult): void {
    if (result.kind === "fatal") this.fail(result.reason);
    if (this.#isFailed || result.kind === "fatal") rejectAll(batch, this.#refusal);
    else if (result.kind === "done") this.#answer(batch, result);
    else this.#wait(batch, result.kind, result.reason);
  }

  #answer(batch: readonly Waiting[], { answers, refusals }: BatchResult & { kind: "done" }): void {
    const reasons = new Map(refusals.map(({ at, reason }) => [at, reason]));
    try {
      for (const [at, { take, reject }] of batch.entries()) {
        const reason = reasons.get(at);
        if (reason === undefined) take(answers[at]);
        else reject(new StoreError("refused", `A constraint of the store refused it: ${reason}`));
      }
    } catch (error) {
      this.fail(String(error));
      rejectAll(batch, this.#refusal);
    }
    if (this.#obstacle !== null) this.#passIfTried(batch);
  }

  /** Before an obstacle a batch that did not only read is what was stuck, or the last of it. */
  #passIfTried(batch: readonly Waiting[]): void {
    if (this.#stuck.length === 0 && batch.every(({ kind }) => kind === "owed")) this.#learn(null);
  }

  /** Nothing of the batch was written. What cannot be refused is tried again. */
  #wait(batch: readonly Waiting[], obstacle: Obstacle, reason: string): void {
    const refused = [...batch, ...this.#waiting.splice(0)];
    this.#stuck = [...refused.filter(({ kind }) => kind === "owed"), ...this.#stuck];
    this.#waiting = refused.filter(({ kind }) => kind === "read");
    this.#isRetryDue = false;
    this.#learn(obstacle === "busy" || this.#stuck.length > 0 ? obstacle : null);
    rejectAll(
      refused.filter(({ kind }) => kind === "write"),
      unwritten(obstacle, reason),
    );
  }

  #learn(obstacle: Obstacle | null): void {
    const [wasBusy, isBusy] = [this.#obstacle === "busy", obstacle === "busy"];
    this.#obstacle = obstacle;
    if (isBusy !== wasBusy) this.#parts.onBusy(isBusy);
    if (obstacle !== null) this.#retryLater();
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#parts.clock.after(OBSTACLE_RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    this.#isRetryDue = true;
    this.#flushSoon();
  }

  #idle(): Promise<void> {
    if (!this.#isFlushing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  full: "There is no room on the disk",
  busy: "Another program holds the database",
};

function unwritten(obstacle: Obstacle, reason?: string): StoreError {
  return new StoreError(
    obstacle,
    `${OBSTACLES[obstacle]}, and nothing was written${reason === undefined ? "" : ` (${reason})`}.`,
  );
}

function rejectAll(waiting: readonly Waiting[], error: Error | null): void {
  for (const { reject } of waiting) reject(error ?? new StoreError("closed", "The store is closed."));
}
