/**
 * The time from a process's start to its death. A dead process does nothing any more and hears of nothing any more: whatever
 * it waits for does not come.
 */
export class Life {
  readonly number: number;
  #isOver = false;
  readonly #onDeath: () => void;

  constructor(number: number, onDeath: () => void) {
    this.number = number;
    this.#onDeath = onDeath;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** As by `kill -9`: between two steps of whatever is under way, without a word to anybody. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onDeath();
  }

  /** What `promise` gives, as long as there is somebody to give it to. */
  reaches<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          if (!this.#isOver) resolve(value);
        },
        (error) => {
          if (!this.#isOver) reject(error);
        },
      );
    });
  }

  /** What a dead process gets instead. */
  static never<Value>(): Promise<Value> {
    return new Promise(() => {});
  }
}
