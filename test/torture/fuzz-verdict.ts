import type { FuzzedRequest } from "./fuzzed-request.ts";

export interface FuzzedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What blames a request that nothing is wrong with. */
const BLAME: ReadonlySet<number> = new Set([400, 405, 413, 415, 422]);
const STACK = /\n\s+at |\.ts:\d|node_modules|\$bunfs/;

/** What an answer has that the document does not tell of, in words; null when it is as described. */
export function complaint(request: FuzzedRequest, answer: FuzzedAnswer): string | null {
  return problemOfHead(request, answer) ?? problemOfBody(request, answer);
}

function problemOfHead({ operation, isSound }: FuzzedRequest, { status, headers, text }: FuzzedAnswer): string | null {
  if (status >= 500) return "it is a fault";
  if (!operation.answers.has(status)) return "the document knows no such status";
  if (isSound && BLAME.has(status)) return "nothing is wrong with the request";
  if (!headers.get("x-request-id")?.startsWith("req_")) return "it has no id";
  if (headers.get("x-content-type-options") !== "nosniff") return "it may be sniffed";
  return STACK.test(text) && !operation.path.startsWith("/swagger") ? "it shows a stack" : null;
}

function problemOfBody({ operation, body }: FuzzedRequest, { status, headers, text }: FuzzedAnswer): string | null {
  const described = operation.answers.get(status);
  if (described === undefined) return null;
  const type = headers.get("content-type") ?? "";
  if (described.contentType !== "*/*" && type.split(";")[0] !== described.contentType) return `it is ${type}`;
  if (described.contentType !== "application/json") return null;
  const value = JSON.parse(text);
  const problem = described.problem(value);
  if (problem !== null) return `its body is not as described: ${problem}`;
  if (status < 400) return operation.body === null || body === null ? null : acceptedWrongly(body, operation.body);
  if (value.error.request_id !== headers.get("x-request-id")) return "its ids differ";
  return described.codes.includes(value.error.code) ? null : `the document does not list ${value.error.code}`;
}

function acceptedWrongly(text: string, body: NonNullable<FuzzedRequest["operation"]["body"]>): string | null {
  const problem = body.problem(JSON.parse(text === "" ? "{}" : text));
  return problem === null ? null : `the document forbids what was accepted: ${problem}`;
}
