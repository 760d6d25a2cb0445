/** What takes the bytes of a body. */
export interface BodySink {
  /** Nobody wants more of it. */
  readonly isOver: boolean;
  push(bytes: Uint8Array): void;
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

/** A view; of plain bytes, since those are cheaper to make and to copy than a Buffer. */
export function bytesOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}
