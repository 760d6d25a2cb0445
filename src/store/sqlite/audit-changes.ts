import type { AuditChange } from "../../domain/audit.ts";
import type { NewKey } from "../contract.ts";
import type { SealedWebhook } from "./webhooks.ts";

const WEBHOOK_FIELDS = [
  "url",
  "events",
  "secrets",
  "active",
  "description",
  "retryScheduleMs",
  "timeoutMs",
  "headers",
  "disabledReason",
] as const;

type WebhookField = (typeof WEBHOOK_FIELDS)[number];
type WebhookFields = { readonly [Field in WebhookField]: SealedWebhook[Field] | null };

/** What a webhook was before it was made. */
const NOTHING: WebhookFields = {
  url: null,
  events: null,
  secrets: null,
  active: null,
  description: null,
  retryScheduleMs: null,
  timeoutMs: null,
  headers: "[]",
  disabledReason: null,
};

/** The fields in which a webhook's row differs from the one before; of a new one, those that are set. */
export function webhookChanges(before: SealedWebhook | null, after: SealedWebhook): readonly AuditChange[] {
  const [from, to]: readonly [WebhookFields, WebhookFields] = [before ?? NOTHING, after];
  return WEBHOOK_FIELDS.filter((field) => from[field] !== to[field]).map((field) => changeOf(field, from, to));
}

function changeOf(field: WebhookField, from: WebhookFields, to: WebhookFields): AuditChange {
  switch (field) {
    case "secrets":
      return { field: "secret" };
    case "headers":
      return { field, from: headerNames(from.headers), to: headerNames(to.headers) };
    case "events":
    case "retryScheduleMs":
      return { field, from: listIn(from[field]), to: listIn(to[field]) };
    default:
      return { field, from: from[field], to: to[field] };
  }
}

function headerNames(headers: string | null): readonly string[] {
  const sealed: readonly (readonly [name: string, sealed: string])[] = JSON.parse(headers ?? "[]");
  return sealed.map(([name]) => name);
}

function listIn(json: string | null): readonly string[] | readonly number[] | null {
  return json === null ? null : JSON.parse(json);
}

/** What a new key was given. */
export function keyFields({ name, scope, tenant, expiresAt }: NewKey): readonly AuditChange[] {
  const given: readonly AuditChange[] = [
    { field: "name", from: null, to: name },
    { field: "scope", from: null, to: scope },
    { field: "tenant", from: null, to: tenant },
    { field: "expiresAt", from: null, to: expiresAt },
  ];
  return given.filter(({ to }) => to !== null);
}
