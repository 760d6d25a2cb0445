import type { TSchema } from "@sinclair/typebox";
import { formatSize } from "../domain/quantity.ts";
import { JSON_DEPTH_MAX, REQUEST_BODY_MAX_BYTES } from "../limits.ts";
import { type Access, SCOPES_FOR } from "./auth.ts";
import { responses } from "./openapi-responses.ts";
import { openApiSchema } from "./openapi-schema.ts";
import type { Route } from "./route.ts";
import type { HeaderDocument } from "./route-document.ts";
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
    responses: responses(route, names),
  };
}

function accessSentence(access: Access): string {
  if (access === "open") return "Open to everybody.";
  const scopes = SCOPES_FOR[access].map((scope) => `\`${scope}\``).join(", ");
  return `Scopes: ${scopes}${access === "operator" ? ", of a key of all tenants" : ""}.`;
}

const PLACES = /:(\w+)/g;

function placeParameters({ path, document }: Route) {
  return [...path.matchAll(PLACES)].map(([, name = ""], index) => ({
    name,
    in: "path",
    required: true,
    description: placeDescription(path, name, index),
    schema: { type: "string", ...(document.places?.[name] !== undefined && { enum: document.places[name] }) },
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
  const takesTenant = access !== "open" && access !== "operator";
  const headers = [...(document.headers ?? []), ...(takesTenant ? [X_TENANT] : [])];
  return headers.map(({ name, description, pattern }) => ({
    ...{ name, in: "header", required: false, description },
    schema: { type: "string", pattern: pattern.source },
  }));
}

const X_TENANT: HeaderDocument = {
  name: "X-Tenant",
  description:
    "Whose webhooks and events the request is about. A key of all tenants means `default` without it; a key of one tenant may only name its own.",
  pattern: TENANT,
};

function requestBody({ document }: Route, rule: NonNullable<Route["body"]>, names: Names) {
  const examples = Object.entries(document.bodies ?? {}).map(([summary, value]) => [
    keyOf(summary),
    { summary, value },
  ]);
  return {
    required: rule.isOptional !== true,
    description: `At most ${formatSize(rule.maxBytes ?? REQUEST_BODY_MAX_BYTES)} of UTF-8, not compressed, at most ${JSON_DEPTH_MAX} levels deep.`,
    content: {
      "application/json": { schema: openApiSchema(rule.schema, names), examples: Object.fromEntries(examples) },
    },
  };
}

function keyOf(summary: string): string {
  return summary.toLowerCase().replaceAll(/\W+/g, "_");
}
