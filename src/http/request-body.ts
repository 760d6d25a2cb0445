import { scanObject } from "../domain/json-slice.ts";
import { Problem, validationFailed } from "../domain/problem.ts";
import { PROBLEMS } from "../domain/problem-codes.ts";
import { formatSize } from "../domain/quantity.ts";
import { BODY_FIELDS_MAX, JSON_DEPTH_MAX, REQUEST_BODY_MAX_BYTES } from "../limits.ts";
import { shortened } from "./validation.ts";

/** The texts of a JSON object's values, as they came, by their keys. */
export type Members = ReadonlyMap<string, string>;

/** What may come as a body. */
export interface BodyBounds {
  /** More is a 413, noticed before the rest is read, whether the length was declared or not. */
  readonly maxBytes?: number;
  /** What that 413 says can be done. */
  readonly tooLargeHint?: string;
  /** No body at all is then the same as `{}`. */
  readonly isOptional?: true;
}

export const NO_MEMBERS: Members = new Map();

/**
 * The bytes of a request's body.
 *
 * @throws Problem, at once or by the promise
 */
export function readBody(request: Request, bounds: BodyBounds): Promise<Uint8Array> {
  const { headers } = request;
  refuseEncoding(headers.get("content-encoding"));
  const declared = headers.get("content-length");
  if (declared === null) return readWithin(bounds, request).catch(refuseBroken);
  if (isOver(bounds, Number(declared))) throw tooLarge(bounds);
  return request.bytes().catch(refuseBroken);
}

/**
 * A body as the members of one JSON object.
 *
 * @throws Problem
 */
export function membersIn(body: Uint8Array, { headers }: Request, bounds: BodyBounds): Members {
  if (body.length === 0) return withoutBody(bounds);
  refuseMediaType(headers.get("content-type"));
  return membersOf(decode(body));
}

/** Whoever breaks off in a body has left, or gets Bun's own 400: nobody reads this, but it is no fault of ours. */
function refuseBroken(error: unknown): never {
  if (error instanceof Problem) throw error;
  throw new Problem("invalid_json", "The body ended before it was complete.");
}

function refuseEncoding(encoding: string | null): void {
  if (encoding === null || encoding.toLowerCase() === "identity") return;
  throw new Problem(
    "unsupported_content_encoding",
    "The body must not be compressed: Content-Encoding is not supported.",
  );
}

const JSON_TYPE = /^application\/json\s*(;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\b/i;

function refuseMediaType(type: string | null): void {
  if (type !== null && JSON_TYPE.test(type)) return;
  const given = type ? `is ${shortened(type)}` : "has no Content-Type";
  const message = `The body must be application/json, and this one ${given}.`;
  const isOfForm = type !== null && FORM_TYPE.test(type);
  throw new Problem("unsupported_media_type", message, isOfForm ? { hint: CURL_HINT } : {});
}

const CURL_HINT =
  "Send `Content-Type: application/json`. curl names the type of a form unless it is told: -H 'Content-Type: application/json', or --json in the place of -d.";

function isOver({ maxBytes = REQUEST_BODY_MAX_BYTES }: BodyBounds, length: number): boolean {
  return length > maxBytes;
}

function withoutBody({ isOptional }: BodyBounds): Members {
  if (isOptional === true) return NO_MEMBERS;
  throw new Problem("invalid_json", "The body is empty, and a JSON object is expected.");
}

async function readWithin(bounds: BodyBounds, request: Request): Promise<Uint8Array> {
  // Copies what comes: a million chunks of one byte each would hold a million objects.
  const sink = new Bun.ArrayBufferSink();
  sink.start();
  let length = 0;
  // Leaving the loop cancels the stream, so what comes after the limit is not read.
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (isOver(bounds, length)) throw tooLarge(bounds);
    sink.write(chunk);
  }
  if (request.headers.has("transfer-encoding")) await endOfChunks(request);
  return new Uint8Array(sink.end());
}

/**
 * Bun hands over the last chunk before it looks at what stands behind it. What is no proper end, and any trailer, which
 * Bun does not take, it answers with a 400 of its own a moment later: then nothing of the request may be carried out.
 */
async function endOfChunks({ signal }: Request): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  signal.throwIfAborted();
}

function tooLarge({
  maxBytes = REQUEST_BODY_MAX_BYTES,
  tooLargeHint: hint = PROBLEMS.body_too_large.hint,
}: BodyBounds): Problem {
  const message = `The body is longer than ${formatSize(maxBytes)}, which is the most for this route.`;
  return new Problem("body_too_large", message, { hint });
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = "\ufeff";

function decode(bytes: Uint8Array): string {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new Problem("invalid_encoding", "The body is not valid UTF-8.");
  }
  if (!text.startsWith(BYTE_ORDER_MARK)) return text;
  throw new Problem("invalid_encoding", "The body begins with a byte order mark, which JSON must not (RFC 8259 §8.1).");
}

const BOUNDS = { depthMax: JSON_DEPTH_MAX, membersMax: BODY_FIELDS_MAX };

function membersOf(text: string): Members {
  const scan = scanObject(text, BOUNDS);
  if (!scan.ok) throw refused(scan);
  if (scan.duplicates.size === 0) return scan.members;
  const message = "This field is given twice.";
  throw validationFailed([...scan.duplicates].map((name) => ({ path: shortened(`/${name}`), message })));
}

function refused({ problem, message }: Extract<ReturnType<typeof scanObject>, { ok: false }>): Problem {
  switch (problem) {
    case "syntax":
      return new Problem("invalid_json", `The body is not JSON. ${message}`);
    case "too_deep":
    case "too_many":
      return validationFailed([{ path: "", message }]);
    case "not_object":
      return validationFailed([{ path: "", message: "Must be a JSON object." }]);
  }
}
