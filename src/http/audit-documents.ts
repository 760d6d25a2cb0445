import { AuditEntryView } from "./audit-schemas.ts";
import { WEBHOOK_ID } from "./examples.ts";
import type { RouteDocument } from "./route-document.ts";

const UPDATED = {
  id: "audit_01jgb4s5q8e9r8000000000028",
  at: "2024-12-30T10:00:00.000Z",
  action: "webhook.updated",
  actor: { type: "key", id: "key_01jgb4s0c8p5r2v6k9m3x7t1qz", name: "Dashboard", scope: "manage", via: "session" },
  request_id: "req_01jgb4rm6fexkb2n4tt9q8w5ag",
  tenant: "default",
  target: { id: WEBHOOK_ID, name: "https://yourapp.com/webhooks/smartcv" },
  changes: [
    { field: "events", from: ["resume.created"], to: ["resume.*"] },
    { field: "secret" },
    { field: "headers", from: [], to: ["X-Token"] },
  ],
};

const DISABLED = {
  id: "audit_01jgb4t7v2e9r8000000000029",
  at: "2024-12-30T11:00:00.000Z",
  action: "webhook.disabled",
  actor: { type: "posthorn", id: null, name: null, scope: null, via: null },
  request_id: null,
  tenant: "default",
  target: { id: WEBHOOK_ID, name: "https://yourapp.com/webhooks/smartcv" },
  changes: [
    { field: "active", from: true, to: false },
    { field: "disabled_reason", from: null, to: "gone" },
  ],
};

export const LIST_AUDIT: RouteDocument = {
  tag: "Audit",
  operationId: "listAudit",
  summary: "List who changed what",
  description:
    "Newest first: every change of a webhook or a key, and every showing of a webhook's secret. A key of one tenant sees its own; one of all tenants sees everything, unless X-Tenant names one. Entries never change, outlive what they speak of, and are kept for POSTHORN_AUDIT_RETENTION, of each tenant the newest 100,000.",
  answer: {
    status: 200,
    description: "The entries. A page may be short although it has a next one.",
    kind: "page",
    schema: AuditEntryView,
    example: [DISABLED, UPDATED],
  },
  problems: ["read_too_slow"],
};
