import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** What a page has unless somebody made the database otherwise; for a header that cannot be believed. */
const PAGE_USUAL_BYTES = 4_096;

/**
 * How many commits the write-ahead log at `path` holds that its checksums disown, because a disk damaged them or they were cut
 * off while they were written. SQLite leaves them out when it opens the database, without a word; so this is to be asked before.
 * Frames of an earlier use of the file, which lie behind those of the last one, are no damage.
 *
 * https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function disownedCommits(path: string): number {
  if (!existsSync(path)) return 0;
  const file = openSync(path, "r");
  try {
    return countDisowned(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function countDisowned(file: number, bytes: number): number {
  const header = read(file, 0, HEADER_BYTES);
  const frameBytes = FRAME_HEADER_BYTES + pageBytesOf(header);
  const chain = new Chain(header);
  let disowned = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= bytes; at += frameBytes) {
    const frame = read(file, at, chain.isWhole ? frameBytes : FRAME_HEADER_BYTES);
    const isOfLastUse = frame.getBigUint64(8) === header.getBigUint64(16);
    if (isOfLastUse) chain.extend(frame);
    else chain.break();
    const isCommit = frame.getUint32(4) !== 0;
    if (isOfLastUse && isCommit && !chain.isWhole) disowned += 1;
  }
  return disowned;
}

function pageBytesOf(header: DataView): number {
  const bytes = header.getUint32(8);
  const isLegal = bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
  return isLegal ? bytes : PAGE_USUAL_BYTES;
}

/** The checksum over the header and every frame so far, of which each frame holds its own state: one link that breaks, breaks all. */
class Chain {
  readonly #isLittleEndian: boolean;
  #one = 0;
  #other = 0;
  #isWhole: boolean;

  constructor(header: DataView) {
    // The lowest bit of the first word tells how the checksum reads the others.
    this.#isLittleEndian = (header.getUint32(0) & 1) === 0;
    this.#add(header, 0, 24);
    this.#isWhole = this.#isAt(header, 24);
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  extend(frame: DataView): void {
    if (!this.#isWhole) return;
    this.#add(frame, 0, 8);
    this.#add(frame, FRAME_HEADER_BYTES, frame.byteLength);
    this.#isWhole = this.#isAt(frame, 16);
  }

  break(): void {
    this.#isWhole = false;
  }

  #add(view: DataView, from: number, to: number): void {
    for (let at = from; at < to; at += 8) {
      this.#one = (this.#one + view.getUint32(at, this.#isLittleEndian) + this.#other) >>> 0;
      this.#other = (this.#other + view.getUint32(at + 4, this.#isLittleEndian) + this.#one) >>> 0;
    }
  }

  #isAt(view: DataView, at: number): boolean {
    return view.getUint32(at) === this.#one && view.getUint32(at + 4) === this.#other;
  }
}

/** What lies beyond the end of the file reads as zeros. */
function read(file: number, at: number, bytes: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes));
  readSync(file, view, 0, bytes, at);
  return view;
}
