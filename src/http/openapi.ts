import { swagger } from "@elysiajs/swagger";
import type { TSchema } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { Problem, problemEnvelope } from "../domain/problem.ts";
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from "../domain/problem-codes.ts";
import { AuditEntryView } from "./audit-schemas.ts";
import { EventAcceptedView, EventBody, EventDetailView, EventTypeView, EventView } from "./event-schemas.ts";
import { HealthView } from "./health-schemas.ts";
import { KeyView, NewKeyBody, NewKeyView, SessionBody, SessionView } from "./key-schemas.ts";
import { AttemptView, EventDeliveryView, LogDetailView, LogEntryView, ResendBody, ResentView } from "./log-schemas.ts";
import { operation } from "./openapi-operation.ts";
import { inline } from "./openapi-schema.ts";
import type { HttpSettings } from "./parts.ts";
import { ProblemView } from "./problem-schema.ts";
import type { Route } from "./route.ts";
import { SESSION_COOKIE } from "./session-cookie.ts";
import { NewWebhookBody, SecretView, TestBody, WebhookChangesBody, WebhookView } from "./webhook-schemas.ts";

/**
 * The OpenAPI document, valid 3.0.3. The plugin makes it from an Elysia that has the same routes as the server's, so a
 * route that is served is a route that is documented; the plugin's own page, which loads a stranger's scripts, is not served.
 */
export async function openApi(routes: readonly Route[], settings: Pick<HttpSettings, "version">): Promise<string> {
  const names = new Map(Object.entries(SCHEMAS).map(([name, schema]) => [schema, name]));
  const app = new Elysia();
  for (const route of routes) app.route(route.method, route.path, () => "", { detail: plain(operation(route, names)) });
  app.use(swagger({ path: PAGE, specPath: DOCUMENT, documentation: plain(documentation(settings, names)) }));
  const response = await app.handle(new Request(`http://localhost${DOCUMENT}`));
  return response.text();
}

/** Nothing but JSON: TypeBox's symbols and what is undefined stay behind. */
function plain(value: object) {
  return JSON.parse(JSON.stringify(value));
}

const PAGE = "/page";
const DOCUMENT = "/document";

/** Those that the document refers to by name. */
const SCHEMAS = {
  Webhook: WebhookView,
  NewWebhook: NewWebhookBody,
  WebhookChanges: WebhookChangesBody,
  WebhookSecret: SecretView,
  Test: TestBody,
  LogEntry: LogEntryView,
  LogDetail: LogDetailView,
  Attempt: AttemptView,
  Resend: ResendBody,
  Resent: ResentView,
  NewEvent: EventBody,
  EventAccepted: EventAcceptedView,
  Event: EventView,
  EventDetail: EventDetailView,
  EventDelivery: EventDeliveryView,
  EventType: EventTypeView,
  NewKey: NewKeyBody,
  NewKeyWithToken: NewKeyView,
  Key: KeyView,
  NewSession: SessionBody,
  Session: SessionView,
  AuditEntry: AuditEntryView,
  Health: HealthView,
  Problem: ProblemView,
} satisfies Readonly<Record<string, TSchema>>;

function documentation({ version }: Pick<HttpSettings, "version">, names: ReadonlyMap<TSchema, string>) {
  return {
    info: { title: "Posthorn", version, description: DESCRIPTION },
    servers: [{ url: "/", description: "This server." }],
    tags: TAGS,
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, inline(schema, names)])),
      examples: Object.fromEntries(PROBLEM_CODES.map((code) => [code, problemExample(code)])),
      headers: {
        RequestId: { description: "The request's id, `req_…`.", schema: { type: "string" } },
        RetryAfter: {
          description: "In how many seconds to try again.",
          schema: { type: "string", pattern: "^[1-9]\\d*$" },
        },
      },
      securitySchemes: SECURITY,
    },
  };
}

function problemExample(code: ProblemCode) {
  return { value: problemEnvelope(new Problem(code, PROBLEMS[code].meaning), "req_01jgb4rm6fexkb2n4tt9q8w5ag") };
}

const DESCRIPTION = `Posthorn sends webhooks: post an event, and it is signed, sent to every webhook that subscribed, and retried.

Every success is \`{"success":true,"data":…}\`, every failure \`{"success":false,"error":{…}}\` with a stable \`code\`. Times are RFC 3339 in UTC with milliseconds, unless said otherwise. Durations in bodies are texts: \`200ms\`, \`30s\`, \`5m\`, \`2h\`, \`14d\`. Unknown fields and parameters are refused.

Send a key as \`Authorization: Bearer <key>\`: "Authorize" does so here, until the page is closed or loaded anew. Or open a session: run POST /api/session here, and this page's requests bear its cookie.`;

const TAGS = [
  { name: "Webhooks", description: "The receivers, and what they subscribe to." },
  { name: "Logs", description: "What was sent, and what came back." },
  { name: "Events", description: "What the app posts." },
  { name: "Keys", description: "Who may do what." },
  { name: "Audit", description: "Who changed what." },
  { name: "Session", description: "A cookie for browsers, in the place of a key." },
  { name: "Health", description: "For those who run Posthorn." },
  { name: "Documentation", description: "This page." },
];

const SECURITY = {
  key: { type: "http", scheme: "bearer", description: "A key, `posthorn_…`." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "The cookie of POST /api/session. A browser sends it by itself, and asks nobody for it.",
  },
} as const;
