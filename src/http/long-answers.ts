import { ANSWER_PIECE_BYTES, ANSWERS_UNREAD_MAX_BYTES } from "../limits.ts";
import type { Answer } from "./answer.ts";
import { tooManyReads } from "./errors.ts";
import { FairShare } from "./fair-share.ts";

/**
 * Bounds what long answers hold of memory until their readers have taken them. The server would take in an answer whole, however
 * slowly it is read, and does not say when it has left; a stream is asked for more when there is room on the connection, and is
 * told when that has closed, as one does on which nothing moves.
 */
export class LongAnswers {
  readonly #bytes = new FairShare(ANSWERS_UNREAD_MAX_BYTES);

  /**
   * The answer in such a form that its bytes count for as long as they are here. A short one stays as it is.
   *
   * @throws Problem 429 when the tenant's clients have left too much unread
   */
  counted(tenant: string | null, answer: Answer): Answer {
    if (typeof answer.content !== "string" || answer.content.length <= ANSWER_PIECE_BYTES) return answer;
    const bytes = ENCODER.encode(answer.content);
    if (!this.#bytes.take(tenant, bytes.byteLength)) {
      throw tooManyReads("Too much that the tenant's clients have asked for is not read yet.");
    }
    let held = bytes.byteLength;
    const end = () => {
      this.#bytes.giveBack(tenant, held);
      held = 0;
    };
    return { ...answer, content: inPieces(bytes, end) };
  }
}

const ENCODER = new TextEncoder();
const NOTHING = new Uint8Array();

/** @param end called when the last piece is taken, and when nobody takes any more */
function inPieces(bytes: Uint8Array, end: () => void): ReadableStream<Uint8Array> {
  let left = bytes;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    // A copy, since the last piece may wait for its reader when all others have gone.
    controller.enqueue(left.slice(0, ANSWER_PIECE_BYTES));
    left = left.byteLength > ANSWER_PIECE_BYTES ? left.subarray(ANSWER_PIECE_BYTES) : NOTHING;
    if (left !== NOTHING) return;
    controller.close();
    end();
  };
  // None is made before it is asked for.
  return new ReadableStream({ pull, cancel: end }, { highWaterMark: 0 });
}
