import { DELIVERED, MASKED_WEBHOOK, NEW_WEBHOOK, WEBHOOK, WEBHOOK_ID } from "./examples.ts";
import { LogEntryView } from "./log-schemas.ts";
import type { RouteDocument } from "./route-document.ts";
import { DeletedView, SecretView, WebhookView } from "./webhook-schemas.ts";

export const CREATE_WEBHOOK: RouteDocument = {
  tag: "Webhooks",
  operationId: "createWebhook",
  summary: "Make a webhook",
  description: "From now on every event that it subscribes to is sent to its URL. The secret is shown whole here.",
  bodies: {
    "As in the specification": NEW_WEBHOOK,
    "With settings of its own": {
      url: "https://yourapp.com/webhooks/search",
      events: ["resume.*"],
      description: "Search index",
      retry_schedule: ["5s", "1m", "10m", "1h", "6h"],
      timeout: "10s",
      headers: { "X-Environment": "staging" },
    },
  },
  answer: {
    status: 201,
    description: "The webhook, with its whole secret.",
    kind: "data",
    schema: WebhookView,
    example: WEBHOOK,
  },
  problems: ["url_blocked", "too_many_webhooks"],
};

export const LIST_WEBHOOKS: RouteDocument = {
  tag: "Webhooks",
  operationId: "listWebhooks",
  summary: "List webhooks",
  description: "Newest first.",
  answer: {
    status: 200,
    description: "The webhooks, their secrets masked.",
    kind: "page",
    schema: WebhookView,
    example: [MASKED_WEBHOOK],
  },
  problems: ["read_too_slow"],
};

export const READ_WEBHOOK: RouteDocument = {
  tag: "Webhooks",
  operationId: "readWebhook",
  summary: "Read a webhook",
  answer: {
    status: 200,
    description: "The webhook, its secret masked.",
    kind: "data",
    schema: WebhookView,
    example: MASKED_WEBHOOK,
  },
  problems: ["not_found", "read_too_slow"],
};

export const UPDATE_WEBHOOK: RouteDocument = {
  tag: "Webhooks",
  operationId: "updateWebhook",
  summary: "Change a webhook",
  description:
    "Changes only the fields that are given. Pending deliveries use the webhook as it is when their next attempt starts. `headers` are replaced as a whole; a value as it was shown masked keeps the stored one.",
  bodies: {
    "Other events": { events: ["resume.*", "user.registered"] },
    "Turn it off": { active: false },
    "Back to the default schedule": { retry_schedule: null, timeout: null },
  },
  answer: {
    status: 200,
    description: "The webhook as it is now.",
    kind: "data",
    schema: WebhookView,
    example: MASKED_WEBHOOK,
  },
  problems: ["not_found", "url_blocked", "changed_meanwhile", "read_too_slow"],
};

export const DELETE_WEBHOOK: RouteDocument = {
  tag: "Webhooks",
  operationId: "deleteWebhook",
  summary: "Delete a webhook",
  description:
    "Gone at once for every reader. Its pending deliveries are cancelled; its logs can be read until they are pruned.",
  answer: {
    status: 200,
    description: "It is deleted.",
    kind: "data",
    schema: DeletedView,
    example: { id: WEBHOOK_ID, deleted: true },
  },
  problems: ["not_found", "read_too_slow"],
};

export const READ_SECRET: RouteDocument = {
  tag: "Webhooks",
  operationId: "readWebhookSecret",
  summary: "Read a webhook's secret",
  description:
    "The answer must not be cached. That it was read is in the audit log; where that cannot be written, it is not shown.",
  answer: {
    status: 200,
    description: "The whole secret.",
    kind: "data",
    schema: SecretView,
    example: { id: WEBHOOK_ID, secret: "your_webhook_secret" },
  },
  problems: ["not_found", "storage_full", "storage_busy"],
};

export const TEST_WEBHOOK: RouteDocument = {
  tag: "Webhooks",
  operationId: "testWebhook",
  summary: "Send a test",
  description:
    "Sends the catalogue's sample now, once, and waits for the outcome. Works on an inactive webhook too and changes nothing on it.",
  bodies: { "The first type it subscribes to": {}, "A certain type": { event_type: "resume.created" } },
  answer: {
    status: 200,
    description: "The test's log entry, whatever the receiver said.",
    kind: "data",
    schema: LogEntryView,
    example: { ...DELIVERED, test: true },
  },
  problems: ["not_found", "too_many_tests", "backlog_full", "shutting_down", "read_too_slow"],
};
