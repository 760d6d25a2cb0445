/** A binary heap: the least item by `isBefore` comes out first. */
export class MinHeap<Item> {
  readonly #isBefore: (a: Item, b: Item) => boolean;
  #items: Item[] = [];

  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get least(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  pop(): Item | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return least;
  }

  /** Keeps the `count` least items and gives back the others, least first. */
  keepLeast(count: number): readonly Item[] {
    this.#sort();
    return this.#items.splice(count);
  }

  /** Keeps what `isKept` says and gives back the others. */
  keepOnly(isKept: (item: Item) => boolean): readonly Item[] {
    const others = this.#items.filter((item) => !isKept(item));
    if (others.length === 0) return others;
    this.#items = this.#items.filter(isKept);
    this.#sort();
    return others;
  }

  /** What is sorted is a heap too. */
  #sort(): void {
    this.#items.sort((a, b) => (this.#isBefore(a, b) ? -1 : 1));
  }

  /** Puts `item` in from the top. */
  #sink(item: Item): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const childAt = this.#lesserChild(at);
      const child = items[childAt];
      if (child === undefined || !this.#isBefore(child, item)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
  }

  #lesserChild(at: number): number {
    const left = 2 * at + 1;
    const a = this.#items[left];
    const b = this.#items[left + 1];
    return a !== undefined && b !== undefined && this.#isBefore(b, a) ? left + 1 : left;
  }
}
