import { CHUNK_LINE_MAX_BYTES, TRAILERS_MAX_BYTES } from "../limits.ts";
import { type BodyDecoder, type BodySink, bytesOf } from "./body-decoder.ts";

const CR = 0x0d;
const LF = 0x0a;
/** `ffffffff` and two digits more: far beyond every body, far below what a number holds exactly. */
const SIZE_MAX_DIGITS = 10;

type State = "line" | "data" | "data_end" | "trailers";

/**
 * A body in chunks (RFC 9112 §7.1), in pieces of any size. Extensions and trailers are left unread; all together they are
 * bounded, since a few bytes of a body could bring any number of them.
 */
export class ChunkedDecoder implements BodyDecoder {
  #state: State = "line";
  /** Of the line that has begun; of a chunk's data, nothing. */
  #line = "";
  #missingBytes = 0;
  #unreadBytes = 0;

  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" | "malformed" {
    for (let at = offset; at < chunk.length; ) {
      if (this.#state === "data") {
        at = this.#takeData(chunk, at, sink);
        continue;
      }
      if (!this.#takeCharacter(chunk[at++] ?? 0)) return "malformed";
      if (!this.#line.endsWith("\n")) continue;
      const line = this.#line.slice(0, -2);
      this.#line = "";
      if (this.#state === "trailers" && line === "") return at;
      if (!this.#takeLine(line)) return "malformed";
    }
    return "more";
  }

  #takeData(chunk: Uint8Array, at: number, sink: BodySink): number {
    const end = Math.min(chunk.length, at + this.#missingBytes);
    sink.push(bytesOf(chunk, at, end));
    this.#missingBytes -= end - at;
    if (this.#missingBytes === 0) this.#state = "data_end";
    return end;
  }

  /** False when a line cannot go on like that: a CR and a LF belong together, and no line is endless. */
  #takeCharacter(code: number): boolean {
    const isBehindCr = this.#line.endsWith("\r");
    if (isBehindCr !== (code === LF)) return false;
    this.#line += String.fromCharCode(code);
    if (this.#state === "trailers") return this.#leaveUnread(1);
    return this.#line.length <= CHUNK_LINE_MAX_BYTES && (this.#state !== "data_end" || isLineEnd(code));
  }

  #takeLine(line: string): boolean {
    switch (this.#state) {
      case "line":
        return this.#begin(line);
      case "data_end":
        this.#state = "line";
        return line === "";
      default:
        return true;
    }
  }

  /** A size in hexadecimal digits; an extension may follow a semicolon, with blanks around it. */
  #begin(line: string): boolean {
    const digits = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line)?.[1] ?? "";
    const isBounded = digits.length <= SIZE_MAX_DIGITS && this.#leaveUnread(line.length - digits.length);
    if (digits === "" || !isBounded) return false;
    this.#missingBytes = Number.parseInt(digits, 16);
    this.#state = this.#missingBytes === 0 ? "trailers" : "data";
    return true;
  }

  /** False when that is too much. */
  #leaveUnread(bytes: number): boolean {
    this.#unreadBytes += bytes;
    return this.#unreadBytes <= TRAILERS_MAX_BYTES;
  }
}

function isLineEnd(code: number): boolean {
  return code === CR || code === LF;
}
