import { READ_MAX_MS } from "../../../limits.ts";
import type { Clock } from "../../../world.ts";
import { StoreError } from "../../contract.ts";
import type { ReadResult } from "../reader.ts";
import type { Answer, Question, ReadVerbs } from "../verbs.ts";

/** The way to the connection that reads: a thread of its own, or none. */
export interface ReaderLink {
  /** Rejects when the reader is no more. */
  ask(question: Question): Promise<ReadResult>;
  close(): Promise<void>;
  /** Ends it in the middle of an answer. */
  cut(): void;
}

export interface ReadQueueParts {
  readonly link: ReaderLink;
  /** A new reader in place of one that took too long. */
  readonly newLink: () => ReaderLink;
  readonly clock: Pick<Clock, "after">;
  readonly onFatal: (reason: string) => void;
}

interface Asked {
  readonly question: Question;
  readonly take: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One question at a time, so that the time which a question takes is its own; one that takes too long ends with its reader. */
export class ReadQueue {
  readonly #parts: ReadQueueParts;
  readonly #waiting: Asked[] = [];
  #link: ReaderLink;
  #asking: Promise<void> | null = null;
  #isClosed = false;

  constructor(parts: ReadQueueParts) {
    this.#parts = parts;
    this.#link = parts.link;
  }

  /**
   * Resolves with what `absorb` makes of the answer.
   *
   * @throws StoreError
   */
  read<Verb extends keyof ReadVerbs, Taken>(
    question: Question & { readonly verb: Verb },
    absorb: (answer: Answer<ReadVerbs, Verb>) => Taken,
  ): Promise<Taken> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closedError());
      // The reader gives each question its own verb's answer; this is the one place where that has to be believed.
      const take = (answer: unknown) => resolve(absorb(answer as Answer<ReadVerbs, Verb>));
      // The delivery loop is nobody's client: it waits for the question under way, and for no other.
      if (question.verb === "lanes") this.#waiting.unshift({ question, take, reject });
      else this.#waiting.push({ question, take, reject });
      this.#asking ??= this.#ask();
    });
  }

  /** Lets the question under way end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    await this.#asking;
    await this.#link.close();
  }

  async #ask(): Promise<void> {
    for (let asked = this.#waiting.shift(); asked !== undefined; asked = this.#waiting.shift()) {
      await this.#askOne(asked);
    }
    this.#asking = null;
  }

  async #askOne({ question, take, reject }: Asked): Promise<void> {
    const result = await this.#inTime(question);
    try {
      if (this.#isClosed) reject(closedError());
      else if (result.kind === "done") take(result.answer);
      else if (result.kind === "too_slow") reject(new StoreError("too_slow", `${question.verb} took too long.`));
      else throw new Error(result.reason);
    } catch (error) {
      this.#parts.onFatal(String(error));
      reject(closedError());
    }
  }

  async #inTime(question: Question): Promise<ReadResult | { readonly kind: "too_slow" }> {
    const slow = Promise.withResolvers<{ readonly kind: "too_slow" }>();
    const cancel = this.#parts.clock.after(READ_MAX_MS, () => {
      this.#replaceLink();
      slow.resolve({ kind: "too_slow" });
    });
    try {
      return await Promise.race([this.#link.ask(question), slow.promise]);
    } catch (error) {
      return { kind: "fatal", reason: String(error) };
    } finally {
      cancel();
    }
  }

  #replaceLink(): void {
    this.#link.cut();
    this.#link = this.#parts.newLink();
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "The store is closed.");
}
