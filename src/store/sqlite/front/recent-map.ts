/**
 * A map that keeps what was used last, up to a bound: always the last half as many. Two generations, so that a look-up moves
 * nothing: what is asked for goes on to the younger one, and when that is half of the bound, the older one is dropped.
 */
export class RecentMap<Key, Value> {
  readonly #generationMax: number;
  #younger = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(max: number) {
    this.#generationMax = max / 2;
  }

  get(key: Key): Value | undefined {
    const young = this.#younger.get(key);
    if (young !== undefined) return young;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.#younger.size >= this.#generationMax) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }

  delete(key: Key): boolean {
    const wasYoung = this.#younger.delete(key);
    return this.#older.delete(key) || wasYoung;
  }

  clear(): void {
    this.#younger.clear();
    this.#older.clear();
  }
}
