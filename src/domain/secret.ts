const MASK = "***";

/**
 * A text that must not be shown by accident: printed, inspected, joined into a string or turned into JSON it is `***`.
 * Only `reveal` gives it away, so every place that does can be found by that word.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  /** Node's protocol for `console.log` and `util.inspect`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}
