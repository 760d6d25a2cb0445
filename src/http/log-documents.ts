import { DELIVERED, DELIVERY_ID, EVENT, FAILED, RESUME } from "./examples.ts";
import { LogDetailView, LogEntryView, ResentView } from "./log-schemas.ts";
import type { RouteDocument } from "./route-document.ts";

const RESENT = {
  ...DELIVERED,
  id: "delivery_01jgb5bq8t4n6w1zj9mhx3c2vd",
  status: "pending",
  status_code: null,
  response_time: null,
  attempts: 0,
  delivered_at: undefined,
  last_attempt_at: null,
  next_retry_at: "2024-12-30T10:30:00.000Z",
  error: null,
  resend_of: DELIVERY_ID,
};

const ATTEMPT = {
  number: 1,
  started_at: "2024-12-30T10:00:00.000Z",
  duration: 145,
  url: "https://yourapp.com/webhooks/smartcv",
  code: "success",
  error: null,
  request: { headers: [{ name: "X-SmartCV-Timestamp", value: "1735552800" }] },
  response: {
    status_code: 200,
    headers: [{ name: "content-type", value: "text/plain" }],
    body: "OK",
    body_end: "complete",
  },
  timings: { dns: 3, connect: 12, tls: 31, first_byte: 143 },
};

export const LIST_LOGS: RouteDocument = {
  tag: "Logs",
  operationId: "listLogs",
  summary: "List a webhook's deliveries",
  description: "Newest first. A deleted webhook's logs stay readable until they are pruned.",
  answer: {
    status: 200,
    description: "The deliveries.",
    kind: "page",
    schema: LogEntryView,
    example: [DELIVERED, FAILED],
  },
  problems: ["not_found", "read_too_slow"],
};

export const READ_LOG: RouteDocument = {
  tag: "Logs",
  operationId: "readLog",
  summary: "Read a delivery",
  description: "With the event to the byte and every attempt: what was sent, what came back, how long it took.",
  answer: {
    status: 200,
    description: "The delivery.",
    kind: "data",
    schema: LogDetailView,
    example: { ...DELIVERED, history: [ATTEMPT], event: { ...EVENT, data: RESUME } },
  },
  problems: ["not_found", "read_too_slow"],
};

export const RESEND_ONE: RouteDocument = {
  tag: "Logs",
  operationId: "resendDelivery",
  summary: "Send a delivery again",
  description: "Makes a new delivery of the same event, with the same id and bytes, to the webhook as it is now.",
  answer: {
    status: 202,
    description: "The new delivery.",
    kind: "data",
    schema: LogEntryView,
    example: RESENT,
  },
  problems: ["not_found", "backlog_full", "shutting_down", "read_too_slow"],
};

export const RESEND_FAILED: RouteDocument = {
  tag: "Logs",
  operationId: "resendFailed",
  summary: "Send all failed deliveries again",
  description: "Those that failed in a span of time and were not resent since.",
  bodies: {
    "Everything since the receiver's outage": { status: "failed", since: "2024-12-30T10:00:00Z" },
    "A certain hour": { status: "failed", since: "2024-12-30T10:00:00Z", until: "2024-12-30T11:00:00Z" },
  },
  answer: {
    status: 202,
    description: "How many are on their way again.",
    kind: "data",
    schema: ResentView,
    example: { count: 37, complete: true },
  },
  problems: ["not_found", "backlog_full", "shutting_down", "read_too_slow"],
};
