const OWN_MIN_BYTES = 1_024;
/** Up to this many a loop is cheaper than a view. */
const SHORT_BYTES = 32;
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

  /** Takes what is in `piece` between the two. */
  add(piece: Uint8Array, from: number, to: number): void {
    if (this.#length === 0) this.#bytes = viewOf(piece, from, to);
    else this.#append(piece, from, to);
    this.#length += to - from;
  }

  /** A copy of the first bytes, at most so many. */
  first(maxBytes: number): Uint8Array {
    return this.#length === 0 || maxBytes === 0 ? NOTHING : this.#bytes.slice(0, Math.min(this.#length, maxBytes));
  }

  #append(piece: Uint8Array, from: number, to: number): void {
    const needed = this.#length + to - from;
    if (!this.#isOwn || needed > this.#bytes.length) this.#move(Math.max(OWN_MIN_BYTES, 2 * needed));
    if (to - from > SHORT_BYTES) this.#bytes.set(viewOf(piece, from, to), this.#length);
    else for (let at = from; at < to; at++) this.#bytes[this.#length + at - from] = piece[at] ?? 0;
  }

  #move(capacity: number): void {
    const own = new Uint8Array(capacity);
    own.set(viewOf(this.#bytes, 0, this.#length));
    this.#bytes = own;
    this.#isOwn = true;
  }
}

/** Of plain bytes, since those are cheaper to make and to copy than a Buffer. */
function viewOf({ buffer, byteOffset }: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + from, to - from);
}
