const OWN_MIN_BYTES = 1_024;
const NOTHING = new Uint8Array(0);

/**
 * What is kept of bytes that come in pieces. One piece, which is the rule, stays where it is; more than one are put together,
 * so that thousands of small pieces cost their bytes, and none of them holds on to the buffer in which it came.
 */
export class KeptBytes {
  #bytes: Uint8Array = NOTHING;
  #length = 0;
  #isOwn = false;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    if (this.#length === 0) this.#bytes = piece;
    else this.#append(piece);
    this.#length += piece.length;
  }

  /** A copy of the first bytes, at most so many. */
  first(maxBytes: number): Uint8Array {
    return this.#length === 0 || maxBytes === 0 ? NOTHING : this.#bytes.slice(0, Math.min(this.#length, maxBytes));
  }

  #append(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (!this.#isOwn || needed > this.#bytes.length) this.#move(Math.max(OWN_MIN_BYTES, 2 * needed));
    this.#bytes.set(piece, this.#length);
  }

  #move(capacity: number): void {
    const own = new Uint8Array(capacity);
    own.set(this.#bytes.length > this.#length ? this.#bytes.subarray(0, this.#length) : this.#bytes);
    this.#bytes = own;
    this.#isOwn = true;
  }
}
