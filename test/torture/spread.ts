/** Measured spans, and how they lie. */
export class Spread {
  readonly #values: number[] = [];

  add(value: number): void {
    this.#values.push(value);
  }

  get count(): number {
    return this.#values.length;
  }

  get least(): number {
    return Math.min(...this.#values);
  }

  get worst(): number {
    return Math.max(0, ...this.#values);
  }

  /** The value that this share of all is at most, 0.5 for the median; 0 when there is none. */
  at(share: number): number {
    const sorted = this.#values.toSorted((one, other) => one - other);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  }

  toString(): string {
    return `median ${this.at(0.5).toFixed(0)}, worst ${this.worst.toFixed(0)}`;
  }
}
