import { INFORMATIONAL_MAX, RECENT_HEAD_MAX_CHARACTERS } from "../limits.ts";
import type { ConnectTimings, Cutoff, Exchange, OutgoingRequest, SendFailure } from "../world.ts";
import type { BodyDecoder } from "./body-decoder.ts";
import { ChunkedDecoder } from "./chunked-decoder.ts";
import { IncomingBody, type Inflow } from "./incoming-body.ts";
import { LengthDecoder } from "./length-decoder.ts";
import { PartialHead } from "./partial-head.ts";
import type { RecentHead } from "./recent-head.ts";
import type { BodyFraming } from "./response-framing.ts";
import type { ResponseHead } from "./response-head.ts";

/** What an exchange needs of the connection that it is on. */
export interface ExchangeConnection extends Inflow {
  /** How long it took to connect; all null when it was there before. */
  readonly timings: ConnectTimings;
  readonly recentHead: RecentHead;
  /** The response has ended. `isPersistent`: another request may follow. */
  finish(isPersistent: boolean): void;
  /** More has come than the response. */
  overrun(): void;
}

/** Who wants the response. */
export interface ExchangeCaller extends Pick<OutgoingRequest, "responseMaxBytes"> {
  readonly cutoff: Cutoff;
  /** Gets the complete head, or why there is none. */
  readonly resolve: (exchange: Exchange) => void;
}

interface Response {
  readonly head: ResponseHead;
  readonly decoder: BodyDecoder;
  readonly body: IncomingBody;
}

const HEAD_END = "\r\n\r\n";
const SWITCHING_PROTOCOLS = 101;

/** One request, once it is written, to the end of its response's body: takes the response as it comes. */
export class HttpExchange {
  readonly #connection: ExchangeConnection;
  readonly #caller: ExchangeCaller;
  /** Of a head that did not come in one piece, which is rare. */
  #partialHead: PartialHead | null = null;
  #informational = 0;
  #response: Response | null = null;

  constructor(connection: ExchangeConnection, caller: ExchangeCaller) {
    this.#connection = connection;
    this.#caller = caller;
    caller.cutoff.onCut = () => this.#giveUp("aborted");
  }

  received(chunk: Buffer): void {
    if (this.#response === null) this.#receiveHead(chunk, 0);
    else this.#receiveBody(this.#response, chunk, 0);
  }

  /** The receiver will write no more. Some bodies end in that way. */
  ended(): void {
    if (this.#response?.head.framing === "to_close") this.#response.body.finish("complete");
    this.broke();
  }

  /** The connection is gone. */
  broke(): void {
    if (this.#response === null) this.#fail("connection_reset");
    else this.#response.body.finish("broken");
  }

  #receiveHead(chunk: Buffer, offset: number): void {
    if (this.#partialHead === null) {
      // Most heads are short, and of a long chunk most is body.
      const text = chunk.toString("latin1", offset, offset + RECENT_HEAD_MAX_CHARACTERS);
      const end = text.indexOf(HEAD_END);
      if (end !== -1) {
        this.#takeHead(text, end, chunk, offset + end + HEAD_END.length);
        return;
      }
      this.#partialHead = new PartialHead();
    }
    this.#receivePiece(this.#partialHead, chunk, offset);
  }

  #receivePiece(partial: PartialHead, chunk: Buffer, offset: number): void {
    const before = partial.length;
    const end = partial.add(chunk, offset);
    if (end === "more") return;
    if (typeof end === "string") {
      this.#giveUp(end);
      return;
    }
    this.#partialHead = null;
    this.#takeHead(partial.text, end, chunk, offset + end + HEAD_END.length - before);
  }

  #takeHead(text: string, end: number, chunk: Buffer, rest: number): void {
    const head = this.#connection.recentHead.parse(text, end);
    if (typeof head === "string") this.#giveUp(head);
    else if (head.status === SWITCHING_PROTOCOLS) this.#giveUp("malformed_response");
    else if (head.status < 200) this.#skip(chunk, rest);
    else this.#receiveBody(this.#begin(head), chunk, rest);
  }

  /** Informational responses come before the real one (RFC 9110 §15.2). */
  #skip(chunk: Buffer, rest: number): void {
    if (++this.#informational > INFORMATIONAL_MAX) this.#giveUp("head_too_long");
    else if (rest < chunk.length) this.#receiveHead(chunk, rest);
  }

  #begin(head: ResponseHead): Response {
    const { status, statusText, headers, framing } = head;
    const declaredBytes = typeof framing === "number" ? framing : null;
    const body = new IncomingBody(declaredBytes, this.#caller.responseMaxBytes, this.#connection);
    this.#response = { head, body, decoder: decoderOf(framing) };
    const read = (maxBytes: number, cutoff: Cutoff) => body.read(maxBytes, cutoff);
    this.#settle({ ok: true, answer: { status, statusText, headers, timings: this.#connection.timings, read } });
    return this.#response;
  }

  #receiveBody({ head, body, decoder }: Response, chunk: Buffer, offset: number): void {
    const end = decoder.decode(chunk, offset, body);
    // A body that was stopped, if only by its last bytes, has taken its connection with it.
    if (end === "more" || body.isOver) return;
    body.finish(end === "malformed" ? "broken" : "complete");
    if (end === "malformed") this.#connection.abort();
    else if (end === chunk.length) this.#connection.finish(head.isPersistent);
    else this.#connection.overrun();
  }

  #giveUp(failure: SendFailure): void {
    this.#fail(failure);
    this.#connection.abort();
  }

  #fail(failure: SendFailure): void {
    this.#settle({ ok: false, failure, nothingWritten: false });
  }

  #settle(exchange: Exchange): void {
    this.#caller.cutoff.onCut = null;
    this.#caller.resolve(exchange);
  }
}

function decoderOf(framing: BodyFraming): BodyDecoder {
  if (framing === "chunked") return new ChunkedDecoder();
  return new LengthDecoder(framing === "to_close" ? Number.POSITIVE_INFINITY : framing);
}
