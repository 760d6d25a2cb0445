/** What takes the bytes of a body. */
export interface BodySink {
  /** Nobody wants more of it. */
  readonly isOver: boolean;
  /** Takes what is in `bytes` between the two; no view of it is made, since it may be a single byte. */
  push(bytes: Uint8Array, from: number, to: number): void;
}

/** Finds the bytes of a body in what a connection brings. */
export interface BodyDecoder {
  /**
   * Hands on what of `chunk`, from `offset`, belongs to the body, until `sink` is over.
   *
   * @returns where in `chunk` the response ends; or that more is to come, or nothing sensible
   */
  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" | "malformed";
}
