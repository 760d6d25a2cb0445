/**
 * Values one after the other, as one text: a JSON array of them, with its length in front and the long texts end to end behind.
 * Between threads one text costs a fraction of objects, and nothing long is escaped. What was put in comes out by the same calls
 * in the same order.
 */
export class TextPacker {
  readonly #values: unknown[] = [];
  #longTexts = "";

  /** @param value finite */
  number(value: number | null): void {
    this.#values.push(value);
  }

  text(value: string | null): void {
    this.#values.push(value);
  }

  /** Not to be kept by whoever unpacks it: it is a part of the message, and keeps all of it in memory. */
  longText(value: string | null): void {
    this.#values.push(value === null ? null : value.length);
    if (value !== null) this.#longTexts += value;
  }

  /** For what is rare. Nothing at all comes out as null. */
  json(value: unknown): void {
    this.#values.push(value);
  }

  packed(): string {
    const values = JSON.stringify(this.#values);
    return `${values.length}${LENGTH_END}${values}${this.#longTexts}`;
  }
}

const LENGTH_END = ":";

/** Takes apart what a `TextPacker` has packed. */
export class TextUnpacker {
  readonly #packed: string;
  readonly #values: readonly unknown[];
  #next = 0;
  #longTextAt: number;

  constructor(packed: string) {
    const lengthEnd = packed.indexOf(LENGTH_END);
    const valuesAt = lengthEnd + LENGTH_END.length;
    this.#packed = packed;
    this.#longTextAt = valuesAt + Number(packed.slice(0, lengthEnd));
    this.#values = JSON.parse(packed.slice(valuesAt, this.#longTextAt));
  }

  number(): number {
    return this.json();
  }

  numberOrNull(): number | null {
    return this.json();
  }

  text<Text extends string>(): Text {
    return this.json();
  }

  textOrNull<Text extends string>(): Text | null {
    return this.json();
  }

  longTextOrNull(): string | null {
    const length = this.numberOrNull();
    return length === null ? null : this.#take(length);
  }

  longText(): string {
    return this.#take(this.number());
  }

  json<Value>(): Value {
    // The packing half wrote it by the same call; this is the one place where that has to be believed.
    return this.#values[this.#next++] as Value;
  }

  #take(length: number): string {
    const start = this.#longTextAt;
    this.#longTextAt += length;
    return this.#packed.slice(start, this.#longTextAt);
  }
}
