import { type TSchema, Type } from "@sinclair/typebox";
import { PROBLEMS, type ProblemCode } from "../domain/problem-codes.ts";
import { type OpenApiSchema, openApiSchema } from "./openapi-schema.ts";
import { isTenantsRead } from "./reads.ts";
import type { Route } from "./route.ts";
import type { AnswerDocument } from "./route-document.ts";

/** What the document says of a route's answers: its success, and everything that can go wrong, by status. */
export function responses(route: Route, names: ReadonlyMap<TSchema, string>) {
  const { answer } = route.document;
  return { [answer.status]: success(answer, names), ...failures(route) };
}

const REQUEST_ID = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
const RETRY_AFTER = { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };
/** Those that pass: they say when to try again (RFC 9110 §15.6.4, RFC 6585 §4). */
const PASSING: readonly number[] = [429, 503];

function success(answer: AnswerDocument, names: ReadonlyMap<TSchema, string>) {
  const { description, example, contentType = "application/json" } = answer;
  const content = { schema: openApiSchema(envelope(answer), names), example: enveloped(answer.kind, example) };
  return { description, headers: REQUEST_ID, content: { [contentType]: content } };
}

function envelope({ kind, schema }: AnswerDocument): TSchema {
  const isSuccess = Type.Literal(true);
  if (kind === "data") return Type.Object({ success: isSuccess, data: schema });
  if (kind === "text") return schema;
  return Type.Object({ success: isSuccess, data: Type.Array(schema), page: PAGE });
}

const PAGE = Type.Object({
  next_cursor: Type.Union([Type.String(), Type.Null()], {
    description: "`cursor` of the next page; `null` at the end.",
  }),
});

function enveloped(kind: AnswerDocument["kind"], example: unknown): unknown {
  if (kind === "text") return example;
  const page = kind === "page" ? { page: { next_cursor: null } } : {};
  return { success: true, data: example, ...page };
}

function failures(route: Route) {
  const byStatus = Map.groupBy(problemsOf(route), (code) => PROBLEMS[code].status);
  const responses = [...byStatus].map(([status, codes]) => [status, failure(status, codes)]);
  return Object.fromEntries(responses);
}

function failure(status: number, codes: readonly ProblemCode[]) {
  const lines = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`);
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  const schema: OpenApiSchema = { $ref: "#/components/schemas/Problem" };
  return {
    description: lines.join("\n\n"),
    headers: { ...REQUEST_ID, ...(PASSING.includes(status) && RETRY_AFTER) },
    content: { "application/json": { schema, examples: Object.fromEntries(examples) } },
  };
}

const OF_KEYS: readonly ProblemCode[] = [
  "missing_key",
  "invalid_key",
  "expired_key",
  "webhook_secret_as_key",
  "invalid_session",
  "insufficient_scope",
  "foreign_tenant",
  "validation_failed",
  "too_many_wrong_keys",
];
const OF_BODIES: readonly ProblemCode[] = [
  "invalid_json",
  "invalid_encoding",
  "body_too_large",
  "unsupported_media_type",
  "unsupported_content_encoding",
  "validation_failed",
];

/** Not for those who watch the process. */
const OF_COUNTED: readonly ProblemCode[] = ["rate_limited"];

const OF_READS: readonly ProblemCode[] = ["too_many_reads"];

const OF_WRITES: readonly ProblemCode[] = ["cross_site_request", "storage_full", "storage_busy"];

/** Those of the route itself and those that its key and its body bring along. */
function problemsOf({ access, method, body, document }: Route): readonly ProblemCode[] {
  const codes: ProblemCode[] = [
    ...(access === "open" ? [] : OF_KEYS),
    ...(access === "open" || access === "operator" ? [] : OF_COUNTED),
    ...(method === "GET" ? [] : OF_WRITES),
    ...(isTenantsRead({ access, method }) ? OF_READS : []),
    ...(body === undefined ? [] : OF_BODIES),
    ...(document.problems ?? []),
    "internal_error",
  ];
  return [...new Set(codes)].sort((one, other) => PROBLEMS[one].status - PROBLEMS[other].status);
}
