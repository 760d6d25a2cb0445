import { CHUNK_FRAMING_MAX_BYTES, CHUNK_LINE_MAX_BYTES, TRAILERS_MAX_BYTES } from "../limits.ts";
import type { BodyDecoder, BodySink } from "./body-decoder.ts";

const CR = 0x0d;
const LF = 0x0a;
const HTAB = 0x09;
const SPACE = 0x20;
const SEMICOLON = 0x3b;
/** `ffffffff` and two digits more: far beyond every body, far below what a number holds exactly. */
const SIZE_MAX_DIGITS = 10;
/** Behind a chunk's size and behind its data. */
const LINE_ENDS_BYTES = 4;

/** What comes next. The CR and the LF of a line's end belong together, so the LF has a state of its own. */
type State =
  | "size"
  | "blank"
  | "extension"
  | "size_lf"
  | "data"
  | "data_cr"
  | "data_lf"
  | "trailer"
  | "trailer_lf"
  | "over";

/**
 * A body in chunks (RFC 9112 §7.1), in pieces of any size. Extensions and trailers are left unread; all together they are
 * bounded, since a few bytes of a body could bring any number of them, and so is the framing of very short chunks. It goes by
 * bytes and builds no text.
 */
export class ChunkedDecoder implements BodyDecoder {
  #state: State = "size";
  #digits = 0;
  /** While its size is read, of the whole chunk; then what is missing of it. */
  #chunkBytes = 0;
  /** Of the line that has begun. */
  #lineBytes = 0;
  #unreadBytes = 0;
  /** By how much the framing of short chunks outweighs what is in them. */
  #framingBytes = 0;

  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" | "malformed" {
    for (let at = offset; at < chunk.length && !sink.isOver; ) {
      if (this.#state === "data") {
        at = this.#takeData(chunk, at, sink);
        continue;
      }
      if (!this.#take(chunk[at++] ?? 0)) return "malformed";
      if (this.#state === "over") return at;
    }
    return "more";
  }

  #takeData(chunk: Uint8Array, at: number, sink: BodySink): number {
    const end = Math.min(chunk.length, at + this.#chunkBytes);
    sink.push(chunk, at, end);
    this.#chunkBytes -= end - at;
    if (this.#chunkBytes === 0) this.#state = "data_cr";
    return end;
  }

  /** False when a body cannot go on like that. */
  #take(code: number): boolean {
    switch (this.#state) {
      case "size":
        return this.#takeDigit(code) || (this.#digits > 0 && this.#takeBehindSize(code));
      case "blank":
        return this.#takeBehindSize(code);
      case "extension":
        return code === CR ? this.#expect("size_lf") : code !== LF && this.#leaveUnread();
      case "size_lf":
        return code === LF && this.#begin();
      case "data_cr":
        return code === CR && this.#expect("data_lf");
      case "data_lf":
        return code === LF && this.#expect("size");
      case "trailer":
        return this.#takeTrailer(code);
      default:
        return code === LF && this.#endTrailer();
    }
  }

  #takeDigit(code: number): boolean {
    const value = hexadecimal(code);
    if (value < 0 || this.#digits === SIZE_MAX_DIGITS) return false;
    this.#digits += 1;
    this.#lineBytes += 1;
    this.#chunkBytes = this.#chunkBytes * 16 + value;
    return true;
  }

  /** An extension may follow a semicolon, with blanks around it. */
  #takeBehindSize(code: number): boolean {
    if (code === CR) return this.#expect("size_lf");
    if (code !== SEMICOLON && code !== SPACE && code !== HTAB) return false;
    this.#state = code === SEMICOLON ? "extension" : "blank";
    return this.#leaveUnread();
  }

  #begin(): boolean {
    const framingBytes = this.#digits + LINE_ENDS_BYTES;
    this.#digits = 0;
    this.#lineBytes = 0;
    if (this.#chunkBytes === 0) return this.#expect("trailer");
    this.#framingBytes = Math.max(0, this.#framingBytes + framingBytes - this.#chunkBytes);
    return this.#framingBytes <= CHUNK_FRAMING_MAX_BYTES && this.#expect("data");
  }

  #takeTrailer(code: number): boolean {
    if (code === LF) return false;
    if (code === CR) return this.#expect("trailer_lf");
    this.#lineBytes += 1;
    this.#unreadBytes += 1;
    return this.#unreadBytes <= TRAILERS_MAX_BYTES;
  }

  /** An empty line ends the body. */
  #endTrailer(): boolean {
    const isLast = this.#lineBytes === 0;
    this.#lineBytes = 0;
    this.#unreadBytes += 2;
    return this.#unreadBytes <= TRAILERS_MAX_BYTES && this.#expect(isLast ? "over" : "trailer");
  }

  #expect(state: State): true {
    this.#state = state;
    return true;
  }

  /** False when that is too much, of one line or of all. */
  #leaveUnread(): boolean {
    this.#lineBytes += 1;
    this.#unreadBytes += 1;
    return this.#lineBytes + 2 <= CHUNK_LINE_MAX_BYTES && this.#unreadBytes <= TRAILERS_MAX_BYTES;
  }
}

/** -1 for what is no digit. */
function hexadecimal(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
