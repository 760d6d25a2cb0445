import { type TSchema, Type } from "@sinclair/typebox";
import { PROBLEMS, type ProblemCode } from "../domain/problem.ts";
import { formatSize } from "../domain/quantity.ts";
import { REQUEST_BODY_MAX_BYTES } from "../limits.ts";
import { type Access, SCOPES_FOR } from "./auth.ts";
import { type OpenApiSchema, openApiSchema } from "./openapi-schema.ts";
import type { Route } from "./route.ts";
import type { AnswerDocument } from "./route-document.ts";
import { TENANT } from "./tenant.ts";

type Names = ReadonlyMap<TSchema, string>;

/** What the document says of one route: the OpenAPI operation object. */
export function operation(route: Route, names: Names) {
  const { document, access } = route;
  const { tag, operationId, summary } = document;
  return {
    tags: [tag],
    operationId,
    summary,
    description: [document.description, accessSentence(access)].filter(Boolean).join("\n\n"),
    security: access === "open" ? [] : [{ key: [] }, { session: [] }],
    parameters: [...placeParameters(route), ...queryParameters(route, names), ...headerParameters(route)],
    ...(route.body !== undefined && { requestBody: requestBody(route, route.body, names) }),
    responses: { [document.answer.status]: success(document.answer, names), ...failures(route) },
  };
}

function accessSentence(access: Access): string {
  if (access === "open") return "Open to everybody.";
  const scopes = SCOPES_FOR[access].map((scope) => `\`${scope}\``).join(", ");
  return `Scopes: ${scopes}${access === "operator" ? ", of a key of all tenants" : ""}.`;
}

// ── What is sent ────────────────────────────────────────────────────────────────────────────────────────────────────

const PLACES = /:(\w+)/g;

function placeParameters({ path }: Route) {
  return [...path.matchAll(PLACES)].map(([, name = ""], index) => ({
    name,
    in: "path",
    required: true,
    description: placeDescription(path, name, index),
    schema: { type: "string" },
  }));
}

/** `/api/webhooks/:id` holds a webhook's id; `:delivery_id` says it itself. */
function placeDescription(path: string, name: string, index: number): string {
  if (!name.endsWith("id")) return "A file's name.";
  const kind = name === "id" && index === 0 ? (path.split("/")[2] ?? "").replace(/s$/, "") : name.replace(/_id$/, "");
  return `The ${kind}'s id.`;
}

function queryParameters({ query }: Route, names: Names) {
  return Object.entries<TSchema>(query?.properties ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: false,
    description,
    schema: openApiSchema(Object.assign(schema), names),
  }));
}

function headerParameters({ access, document }: Route) {
  const own = (document.headers ?? []).map((header) => ({ ...header, schema: { type: "string" } }));
  const tenant = {
    name: "X-Tenant",
    description: TENANT_DESCRIPTION,
    schema: { type: "string", pattern: TENANT.source },
  };
  const takesTenant = access !== "open" && access !== "operator";
  return [...own, ...(takesTenant ? [tenant] : [])].map((header) => ({ ...header, in: "header", required: false }));
}

const TENANT_DESCRIPTION =
  "Whose webhooks and events the request is about. A key of all tenants means `default` without it; a key of one tenant may only name its own.";

function requestBody({ document }: Route, rule: NonNullable<Route["body"]>, names: Names) {
  const examples = Object.entries(document.bodies ?? {}).map(([summary, value]) => [
    keyOf(summary),
    { summary, value },
  ]);
  return {
    required: rule.isOptional !== true,
    description: `At most ${formatSize(rule.maxBytes ?? REQUEST_BODY_MAX_BYTES)} of UTF-8, not compressed.`,
    content: {
      "application/json": { schema: openApiSchema(rule.schema, names), examples: Object.fromEntries(examples) },
    },
  };
}

function keyOf(summary: string): string {
  return summary.toLowerCase().replaceAll(/\W+/g, "_");
}

// ── What comes back ─────────────────────────────────────────────────────────────────────────────────────────────────

const REQUEST_ID = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };

function success(answer: AnswerDocument, names: Names) {
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
  const responses = [...byStatus].map(([status, codes]) => [status, failure(codes)]);
  return Object.fromEntries(responses);
}

function failure(codes: readonly ProblemCode[]) {
  const lines = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`);
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  const schema: OpenApiSchema = { $ref: "#/components/schemas/Problem" };
  return {
    description: lines.join("\n\n"),
    headers: REQUEST_ID,
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
];
const OF_BODIES: readonly ProblemCode[] = [
  "invalid_json",
  "invalid_encoding",
  "incomplete_body",
  "body_too_large",
  "unsupported_media_type",
  "unsupported_content_encoding",
  "validation_failed",
];

/** Those of the route itself and those that its key and its body bring along. */
function problemsOf({ access, method, body, document }: Route): readonly ProblemCode[] {
  const codes: ProblemCode[] = [
    ...(access === "open" ? [] : OF_KEYS),
    ...(method === "GET" ? [] : (["cross_site_request"] as const)),
    ...(body === undefined ? [] : OF_BODIES),
    ...(document.problems ?? []),
    "internal_error",
  ];
  return [...new Set(codes)].sort((one, other) => PROBLEMS[one].status - PROBLEMS[other].status);
}
