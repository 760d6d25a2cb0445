import { RECENT_HEAD_MAX_CHARACTERS } from "../limits.ts";
import { type HeadFault, parseHead, type ResponseHead } from "./response-head.ts";

/**
 * Parses the heads of one connection's responses, and knows the last one: until its `Date` moves on, a receiver says the
 * same to request after request.
 */
export class RecentHead {
  #text = "";
  #head: ResponseHead | HeadFault = "malformed_response";

  /**
   * @param end where in `text` the CR LF of the head's last line begins
   * @returns the fault, when it is no response
   */
  parse(text: string, end: number): ResponseHead | HeadFault {
    if (end + 2 === this.#text.length && text.startsWith(this.#text)) return this.#head;
    const head = parseHead(text, end + 2);
    // A part of a text holds on to the whole of it.
    if (text.length <= RECENT_HEAD_MAX_CHARACTERS) {
      this.#text = text.slice(0, end + 2);
      this.#head = head;
    }
    return head;
  }
}
