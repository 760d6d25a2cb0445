import type { Static } from "@sinclair/typebox";
import { formatDuration } from "../domain/quantity.ts";
import { maskSecret, type Webhook } from "../domain/webhook.ts";
import type { WebhookView } from "./webhook-schemas.ts";

type View = Static<typeof WebhookView>;

/** A webhook as its readers see it: the secret and the values of its headers masked. */
export function webhookView(webhook: Webhook): View {
  return { ...fields(webhook), secret: maskSecret(webhook.secret) };
}

/** A webhook as the one who just made it sees it. */
export function newWebhookView(webhook: Webhook): View {
  return { ...fields(webhook), secret: webhook.secret };
}

function fields(webhook: Webhook): View {
  const { id, url, events, active, description, retryScheduleMs, timeoutMs, disabledReason } = webhook;
  return {
    id,
    url,
    events: [...events],
    // Here for the order of the specification; the callers say how much of it is shown.
    secret: "",
    active,
    description,
    retry_schedule: retryScheduleMs === null ? null : retryScheduleMs.map(formatDuration),
    timeout: timeoutMs === null ? null : formatDuration(timeoutMs),
    headers: maskedHeaders(webhook),
    disabled_reason: disabledReason,
    createdAt: new Date(webhook.createdAt).toISOString(),
    updatedAt: new Date(webhook.updatedAt).toISOString(),
  };
}

function maskedHeaders({ headers }: Webhook): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name, maskSecret(value)]));
}
