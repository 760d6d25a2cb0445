import { FULL_RETRY_MS, WRITE_BATCH_LARGE_COMMANDS } from "../../../limits.ts";
import type { Clock, Millis } from "../../../world.ts";
import { StoreError } from "../../contract.ts";
import type { Answer, Command, WriteVerbs } from "../verbs.ts";
import type { BatchResult } from "../writer.ts";
import { kindOf, takeBatch, type Waiting } from "./write-batch.ts";

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
}

/**
 * Group commit: one batch is under way at a time, and what arrives meanwhile makes the next one. Answers are taken in, in the
 * order of the commands, before any promise goes on; so whoever keeps something in memory keeps it in the order of the writes.
 *
 * When the disk is full, a client's write is refused; an outcome, which happened, is stuck until there is room.
 */
export class WriteQueue {
  readonly #parts: WriteQueueParts;
  #waiting: Waiting[] = [];
  #stuck: Waiting[] = [];
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
      if (this.#refusal !== null) return reject(this.#refusal);
      // The writer gives each command its own verb's answer; this is the one place where that has to be believed.
      const take = (answer: unknown) => resolve(absorb(answer as Answer<WriteVerbs, Verb>));
      this.#enter({ command, kind: kindOf(command), take, reject });
    });
  }

  /** Takes nothing more, lets what is under way end, and tries what is stuck once more. */
  async drain(): Promise<void> {
    this.#refusal ??= new StoreError("closed", "The store is closed.");
    this.#retry();
    await this.#idle();
    this.#cancelRetry?.();
    rejectAll(this.#stuck.splice(0), fullError("at the end"));
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
    rejectAll(this.#waiting.splice(0), this.#refusal);
    rejectAll(this.#stuck.splice(0), this.#refusal);
    this.#parts.onFatal(this.#refusal);
  }

  #enter(waiting: Waiting): void {
    const queue = waiting.kind === "owed" && this.#stuck.length > 0 ? this.#stuck : this.#waiting;
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
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
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

  /** While there is no room, what is stuck goes before any other write, and reads go on as ever. */
  #next(): readonly Waiting[] {
    if (this.#stuck.length === 0) return takeBatch(this.#waiting);
    const isDue = this.#isRetryDue || this.#waiting.some(({ kind }) => kind === "write");
    return takeBatch(isDue ? this.#stuck : this.#waiting);
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
    if (this.#isFailed) rejectAll(batch, this.#refusal);
    else if (result.kind === "full") this.#wait(batch, result.reason);
    else if (result.kind === "done") this.#answer(batch, result);
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
  }

  /** Nothing of the batch was written. What cannot be refused is tried again, at the next write and by the clock. */
  #wait(batch: readonly Waiting[], reason: string): void {
    const refused = [...batch, ...this.#waiting.splice(0)];
    this.#stuck = [...refused.filter(({ kind }) => kind === "owed"), ...this.#stuck];
    this.#waiting = refused.filter(({ kind }) => kind === "read");
    this.#isRetryDue = false;
    if (this.#stuck.length > 0) this.#retryLater();
    rejectAll(
      refused.filter(({ kind }) => kind === "write"),
      fullError(reason),
    );
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#parts.clock.after(FULL_RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    this.#isRetryDue = this.#stuck.length > 0;
    this.#flushSoon();
  }

  #idle(): Promise<void> {
    if (!this.#isFlushing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

function fullError(reason: string): StoreError {
  return new StoreError("full", `There is no room on the disk, and nothing was written (${reason}).`);
}

function rejectAll(waiting: readonly Waiting[], error: Error | null): void {
  for (const { reject } of waiting) reject(error ?? new StoreError("closed", "The store is closed."));
}
