import { DETAILS_MAX } from "../limits.ts";
import type { BlockRule } from "./attempt.ts";
import { PROBLEMS, type ProblemCode } from "./problem-codes.ts";

export interface ProblemDetail {
  /** A JSON pointer into the body (`/events/0`), `?name` for a query parameter, or a header's name. */
  readonly path: string;
  readonly message: string;
  /** The value as it came, shortened; left out where it may be secret. */
  readonly received?: string | number | boolean | null;
  /** The rule that refused a URL. */
  readonly rule?: BlockRule;
}

export interface ProblemExtras {
  readonly details?: readonly ProblemDetail[];
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A no to a client: a stable code, and a sentence that a person can act on. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly hint: string;
  readonly details: readonly ProblemDetail[];
  /** Response headers that belong to it, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, message: string, extras: ProblemExtras = {}) {
    super(message);
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.hint = extras.hint ?? PROBLEMS[code].hint;
    this.details = extras.details ?? [];
    this.headers = extras.headers ?? {};
  }
}

/** The fields that need attention, told at once: all of them counted, and so many shown as a person would read. */
export function validationFailed(details: readonly ProblemDetail[]): Problem {
  const names = [...new Set(details.map(({ path }) => nameOf(path)))];
  const counted = names.length === 1 ? "1 field needs" : `${names.length} fields need`;
  const more = names.length > DETAILS_MAX ? ` and ${names.length - DETAILS_MAX} more` : "";
  const message = `${counted} attention: ${names.slice(0, DETAILS_MAX).join(", ")}${more}.`;
  return new Problem("validation_failed", message, { details: details.slice(0, DETAILS_MAX) });
}

export interface ProblemEnvelope {
  readonly success: false;
  readonly error: {
    readonly code: ProblemCode;
    readonly message: string;
    readonly details: readonly ProblemDetail[];
    readonly hint: string;
    readonly request_id: string;
  };
}

/** The body of every failure. */
export function problemEnvelope(problem: Problem, requestId: string): ProblemEnvelope {
  const { code, message, details, hint } = problem;
  return { success: false, error: { code, message, details, hint, request_id: requestId } };
}

/** `/events/0` → `events.0`, `?limit` → `limit`, the body itself → `body`. */
function nameOf(path: string): string {
  if (path === "") return "body";
  return path.replace(/^[/?]/, "").replaceAll("/", ".");
}
