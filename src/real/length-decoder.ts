import type { BodyDecoder, BodySink } from "./body-decoder.ts";

/** A body of so many bytes; of infinitely many, when only the end of the connection ends it. */
export class LengthDecoder implements BodyDecoder {
  #missingBytes: number;

  constructor(bytes: number) {
    this.#missingBytes = bytes;
  }

  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" {
    const end = Math.min(chunk.length, offset + this.#missingBytes);
    this.#missingBytes -= end - offset;
    if (end > offset) sink.push(chunk, offset, end);
    return this.#missingBytes === 0 ? end : "more";
  }
}
