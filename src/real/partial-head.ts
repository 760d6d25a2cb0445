import { RESPONSE_HEAD_MAX_BYTES } from "../limits.ts";
import type { HeadFault } from "./response-head.ts";

const FIRST_BYTES = 1_024;
const CR = 0x0d;
const LF = 0x0a;
const PROTOCOL = "HTTP/1.";

/**
 * A response's head that comes in pieces. Each costs its own length and no more, since somebody may send a head byte by byte;
 * what is not HTTP is told early, or else its end would be waited for.
 */
export class PartialHead {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** What has come of it. */
  get length(): number {
    return this.#length;
  }

  /** The same, each byte a character. */
  get text(): string {
    return this.#bytes.toString("latin1", 0, this.#length);
  }

  /**
   * Takes in what of `chunk` may belong to it, from `offset`.
   *
   * @returns where in the text the CR LF CR LF of its end begins; that more is to come; or why it is none
   */
  add(chunk: Buffer, offset: number): number | "more" | HeadFault {
    const before = this.#length;
    const end = Math.min(chunk.length, offset + RESPONSE_HEAD_MAX_BYTES + 1 - before);
    this.#length += end - offset;
    this.#makeRoom();
    chunk.copy(this.#bytes, before, offset, end);
    return this.#look(before);
  }

  #makeRoom(): void {
    if (this.#length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length, Math.min(2 * this.#length, RESPONSE_HEAD_MAX_BYTES)));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }

  #look(from: number): number | "more" | HeadFault {
    for (let at = from; at < this.#length; at++) {
      if (this.#bytes[at] !== LF) continue;
      if (this.#bytes[at - 1] !== CR) return "malformed_response";
      if (this.#bytes[at - 2] === LF) return at - 3;
    }
    const start = this.#bytes.toString("latin1", 0, Math.min(this.#length, PROTOCOL.length));
    if (!PROTOCOL.startsWith(start)) return "malformed_response";
    return this.#length > RESPONSE_HEAD_MAX_BYTES ? "head_too_long" : "more";
  }
}
