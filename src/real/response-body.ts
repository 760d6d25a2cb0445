import { DRAIN_MAX_BYTES } from "../limits.ts";
import type { BodyEnd, ResponseBody } from "../world.ts";

/** The bytes of a response, as a client gives them out. */
export interface BodySource {
  /** What the head announced; null when it did not say. */
  readonly declaredBytes: number | null;
  /** The next bytes, or null at the end. Rejects when the connection broke or was closed. */
  next(): Promise<Uint8Array | null>;
  /** Closes the connection; a `next` that is waiting then rejects. Does nothing after the end. */
  close(): void;
}

/**
 * Reads a body, keeps at most `maxBytes` of it, and ends the exchange: see `Answer.read`.
 *
 * A short body that is longer than what is kept is still read to its end, because that is cheaper than a new connection
 * (and its TLS handshake) for the next delivery to the same receiver.
 */
export async function readBody(source: BodySource, maxBytes: number, signal: AbortSignal): Promise<ResponseBody> {
  const capture = createCapture(maxBytes);
  const readMaxBytes = Math.max(maxBytes, drainBytes(source));
  const close = () => source.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  try {
    for (let chunk = await source.next(); chunk !== null; chunk = await source.next()) {
      if (capture.add(chunk) > readMaxBytes) return capture.end("cut");
    }
    // A client may end the body that was closed under it as if it were whole.
    return capture.end(signal.aborted ? "slow" : "complete");
  } catch {
    return capture.end(signal.aborted ? "slow" : "broken");
  } finally {
    signal.removeEventListener("abort", close);
    source.close();
  }
}

function drainBytes({ declaredBytes }: BodySource): number {
  return declaredBytes !== null && declaredBytes <= DRAIN_MAX_BYTES ? declaredBytes : 0;
}

interface Capture {
  /** Gives the number of bytes that have come in all. */
  add(chunk: Uint8Array): number;
  end(end: BodyEnd): ResponseBody;
}

function createCapture(maxBytes: number): Capture {
  const kept: Uint8Array[] = [];
  let come = 0;
  return {
    add: (chunk) => {
      if (come < maxBytes) kept.push(chunk.subarray(0, maxBytes - come));
      come += chunk.length;
      return come;
    },
    // Copied, so that a few kept bytes do not hold on to the client's large buffers.
    end: (end) => ({ bytes: new Uint8Array(Buffer.concat(kept)), end: come > maxBytes ? "cut" : end }),
  };
}
