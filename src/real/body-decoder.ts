import { ChunkedDecoder } from "./chunked-decoder.ts";
import type { BodyFraming } from "./response-framing.ts";

/** What takes the bytes of a body. */
export interface BodySink {
  push(bytes: Uint8Array): void;
}

/** Finds the bytes of a body in what a connection brings. */
export interface BodyDecoder {
  /**
   * Hands on what of `chunk`, from `offset`, belongs to the body.
   *
   * @returns where in `chunk` the response ends; or that more is to come, or nothing sensible
   */
  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" | "malformed";
}

export function createBodyDecoder(framing: BodyFraming): BodyDecoder {
  if (framing === "chunked") return new ChunkedDecoder();
  return new LengthDecoder(framing === "to_close" ? Number.POSITIVE_INFINITY : framing);
}

/** A view; of plain bytes, since those are cheaper to make and to copy than a Buffer. */
export function bytesOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

class LengthDecoder implements BodyDecoder {
  #missingBytes: number;

  constructor(bytes: number) {
    this.#missingBytes = bytes;
  }

  decode(chunk: Uint8Array, offset: number, sink: BodySink): number | "more" {
    const end = Math.min(chunk.length, offset + this.#missingBytes);
    this.#missingBytes -= end - offset;
    if (end > offset) sink.push(bytesOf(chunk, offset, end));
    return this.#missingBytes === 0 ? end : "more";
  }
}
