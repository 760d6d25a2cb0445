/** What the documentation shows. The bodies among the examples work as they stand. */

export const WEBHOOK_ID = "webhook_01jgb4rkz07wdbqzv3y2m6x8sc";
export const DELIVERY_ID = "delivery_01jgb4rm6fexkb2n4tt9q8w5ag";
const EVENT_ID = "event_01jgb4rm6f3h9k6qzs0v1c7d2e";

export const NEW_WEBHOOK = {
  url: "https://yourapp.com/webhooks/smartcv",
  events: ["resume.created", "resume.updated", "ai.analysis_completed"],
  secret: "your_webhook_secret",
  active: true,
};

export const WEBHOOK = {
  id: WEBHOOK_ID,
  ...NEW_WEBHOOK,
  description: null,
  retry_schedule: null,
  timeout: null,
  headers: {},
  disabled_reason: null,
  createdAt: "2024-12-30T10:00:00.000Z",
  updatedAt: "2024-12-30T10:00:00.000Z",
};

/** As everybody but its maker sees it. */
export const MASKED_WEBHOOK = { ...WEBHOOK, secret: "****cret" };

export const RESUME = {
  resume: {
    id: "resume_456",
    title: "Software Engineer Resume",
    status: "DRAFT",
    user_id: "user_789",
    template_id: "template_123",
    created_at: "2024-12-30T10:00:00Z",
  },
};

export const EVENT = {
  id: EVENT_ID,
  type: "resume.created",
  created: "2024-12-30T10:00:00Z",
  api_version: "2024-12-30",
};

export const DELIVERED = {
  id: DELIVERY_ID,
  event_id: EVENT_ID,
  event_type: "resume.created",
  url: "https://yourapp.com/webhooks/smartcv",
  status: "delivered",
  status_code: 200,
  response_time: 145,
  attempts: 1,
  delivered_at: "2024-12-30T10:00:00.145Z",
};

export const FAILED = {
  id: "delivery_01jgb51qh2m8y3c6r0fpw4kd9n",
  event_id: "event_01jgb51qh2a7x5t1bn8qz3jv0g",
  event_type: "ai.analysis_completed",
  url: "https://yourapp.com/webhooks/smartcv",
  status: "failed",
  status_code: null,
  response_time: 30_000,
  attempts: 4,
  last_attempt_at: "2024-12-30T10:05:00.000Z",
  next_retry_at: null,
  error: "Connection timeout: no response within 30 s",
};
