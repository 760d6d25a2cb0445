import { BODY_UNREAD_MAX_BYTES, DRAIN_MAX_BYTES } from "../limits.ts";
import type { BodyEnd, Cutoff, ResponseBody } from "../world.ts";
import type { BodySink } from "./body-decoder.ts";
import { KeptBytes } from "./kept-bytes.ts";

/** What a body needs of the connection that it comes from. */
export interface Inflow {
  pause(): void;
  resume(): void;
  /** Breaks the exchange off. */
  abort(): void;
}

/**
 * The body of one response: what has come of it until somebody reads it, then what is kept of it; see `Answer.read`. A
 * receiver has to wait when nobody reads.
 *
 * A short body that is longer than what is kept is still read to its end, because that is cheaper than a new connection
 * (and its TLS handshake) for the next delivery to the same receiver.
 */
export class IncomingBody implements BodySink {
  readonly #inflow: Inflow;
  readonly #drainBytes: number;
  readonly #kept = new KeptBytes();
  #comeBytes = 0;
  #keptMaxBytes: number;
  #isPaused = false;
  #end: BodyEnd | null = null;
  #settle: (() => void) | null = null;

  /**
   * @param declaredBytes what the head announced; null when it did not say
   * @param keptMaxBytes more will never be read
   */
  constructor(declaredBytes: number | null, keptMaxBytes: number, inflow: Inflow) {
    this.#inflow = inflow;
    this.#keptMaxBytes = keptMaxBytes;
    this.#drainBytes = declaredBytes !== null && declaredBytes <= DRAIN_MAX_BYTES ? declaredBytes : 0;
  }

  /** Whether its end is known, or it was stopped. */
  get isOver(): boolean {
    return this.#end !== null;
  }

  push(chunk: Uint8Array, from: number, to: number): void {
    if (this.#end !== null) return;
    const room = this.#keptMaxBytes - this.#kept.length;
    if (room > 0) this.#kept.add(chunk, from, Math.min(to, from + room));
    this.#comeBytes += to - from;
    if (this.#settle !== null) this.#stopWhenSatisfied();
    else if (this.#comeBytes > BODY_UNREAD_MAX_BYTES) this.#pause();
  }

  /** The response has ended, or its connection has. */
  finish(end: "complete" | "broken"): void {
    this.#conclude(end);
  }

  /** See `Answer.read`. */
  read(maxBytes: number, cutoff: Cutoff): ResponseBody | Promise<ResponseBody> {
    this.#keptMaxBytes = Math.min(this.#keptMaxBytes, maxBytes);
    this.#stopWhenSatisfied();
    if (cutoff.isCut) this.#stop("slow");
    if (this.#end !== null) return this.#given(this.#end);
    this.#resume();
    cutoff.onCut = () => this.#stop("slow");
    return new Promise((resolve) => {
      this.#settle = () => {
        cutoff.onCut = null;
        resolve(this.#given(this.#end ?? "broken"));
      };
    });
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#inflow.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#inflow.resume();
  }

  #stopWhenSatisfied(): void {
    if (this.#comeBytes > Math.max(this.#keptMaxBytes, this.#drainBytes)) this.#stop("cut");
  }

  /** Nobody waits for the rest. */
  #stop(end: "cut" | "slow"): void {
    if (this.#end !== null) return;
    this.#conclude(end);
    this.#inflow.abort();
  }

  #conclude(end: BodyEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#resume();
    this.#settle?.();
  }

  /** Copied, so that a few kept bytes do not hold on to large buffers. */
  #given(end: BodyEnd): ResponseBody {
    const bytes = this.#kept.first(this.#keptMaxBytes);
    return { bytes, end: this.#comeBytes > this.#keptMaxBytes ? "cut" : end };
  }
}
