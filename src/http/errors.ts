import { Problem, problemEnvelope } from "../domain/problem.ts";
import { maskTokens } from "../domain/token-mask.ts";
import type { StoreError } from "../store/contract.ts";
import { type Answer, answerJson } from "./answer.ts";

const STORAGE_BUSY = "Another program holds the database: nothing was stored.";
const RETRY_AFTER_SECONDS = { "Retry-After": "5" };

/** What a client is told of an error: itself when it is a problem, a store's refusal in our words, else nothing but a 500. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isStoreError(error)) return problemOfStore(error);
  return fault();
}

function fault(): Problem {
  return new Problem(
    "internal_error",
    "Something went wrong inside Posthorn; the request may not have been carried out.",
  );
}

/** The answer that tells a problem. What was sent in the wrong place is shown again, but no key and no secret. */
export function problemAnswer(problem: Problem, requestId: string): Answer {
  return answerJson(maskTokens(JSON.stringify(problemEnvelope(problem, requestId))), problem);
}

function problemOfStore({ code }: StoreError): Problem {
  switch (code) {
    case "full":
      return storageFull("There is no room on the disk: nothing was stored.");
    case "busy":
      return new Problem("storage_busy", STORAGE_BUSY, { headers: RETRY_AFTER_SECONDS });
    case "too_slow":
      return new Problem("read_too_slow", "The read took too long and was cut off.", { headers: RETRY_AFTER_SECONDS });
    case "closed":
      return shuttingDown();
    case "refused":
      return fault();
  }
}

/** 503 for want of room. */
export function storageFull(message: string): Problem {
  return new Problem("storage_full", message, { headers: RETRY_AFTER_SECONDS });
}

/** 503 for want of room in the backlog, which may take long to make: so it is not to be asked again at once. */
export function backlogFull(max: number): Problem {
  const message = `At least ${max} deliveries were pending, as many as POSTHORN_MAX_BACKLOG allows: nothing was stored.`;
  return new Problem("backlog_full", message, { headers: { "Retry-After": "10" } });
}

/** 429 for a tenant that reads as much at once as others leave it. */
export function tooManyReads(message: string): Problem {
  return new Problem("too_many_reads", message, { headers: { "Retry-After": "1" } });
}

/** 503 for what may not begin any more. */
export function shuttingDown(): Problem {
  return new Problem("shutting_down", "Posthorn is stopping and takes nothing new.", { headers: RETRY_AFTER_SECONDS });
}

/** By its name: errors also come from a worker, where the class is another. */
export function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === "StoreError";
}
