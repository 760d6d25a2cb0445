/**
 * Numbers and texts one after the other, as one text: first all numbers as JSON (for each text its length), then the texts end
 * to end. Between threads one text costs a fraction of objects, and nothing in it is escaped. What was put in comes out by the
 * same calls in the same order.
 */
export class TextPacker {
  readonly #numbers: (number | null)[] = [];
  #texts = "";

  /** @param value finite */
  number(value: number | null): void {
    this.#numbers.push(value);
  }

  flag(value: boolean): void {
    this.#numbers.push(value ? 1 : 0);
  }

  text(value: string | null): void {
    this.#numbers.push(value === null ? null : value.length);
    if (value !== null) this.#texts += value;
  }

  /** For what is rare. Nothing at all comes out as null. */
  json(value: unknown): void {
    this.text(JSON.stringify(value ?? null));
  }

  packed(): string {
    return JSON.stringify(this.#numbers) + this.#texts;
  }
}

const NUMBERS_END = "]";

/** Takes apart what a `TextPacker` has packed. */
export class TextUnpacker {
  readonly #packed: string;
  readonly #numbers: readonly (number | null)[];
  #next = 0;
  #textAt: number;

  constructor(packed: string) {
    this.#packed = packed;
    this.#textAt = packed.indexOf(NUMBERS_END) + NUMBERS_END.length;
    this.#numbers = JSON.parse(packed.slice(0, this.#textAt));
  }

  /** @throws RangeError when none was packed there */
  number(): number {
    const value = this.numberOrNull();
    if (value === null) throw new RangeError("A number is missing.");
    return value;
  }

  numberOrNull(): number | null {
    return this.#numbers[this.#next++] ?? null;
  }

  flag(): boolean {
    return this.#numbers[this.#next++] === 1;
  }

  /** @throws RangeError when none was packed there */
  text<Text extends string>(): Text {
    const value = this.textOrNull<Text>();
    if (value === null) throw new RangeError("A text is missing.");
    return value;
  }

  textOrNull<Text extends string>(): Text | null {
    const length = this.numberOrNull();
    if (length === null) return null;
    const start = this.#textAt;
    this.#textAt += length;
    // The packing half wrote one of these; this is the one place where that has to be believed.
    return this.#packed.slice(start, this.#textAt) as Text;
  }

  json<Value>(): Value {
    return JSON.parse(this.text());
  }
}
