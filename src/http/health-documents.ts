import { Type } from "@sinclair/typebox";
import { HealthView, LiveView, ReadyView } from "./health-schemas.ts";
import type { RouteDocument } from "./route-document.ts";

export const LIVEZ: RouteDocument = {
  tag: "Health",
  operationId: "livez",
  summary: "Is the process alive?",
  answer: { status: 200, description: "It is.", kind: "data", schema: LiveView, example: { status: "alive" } },
};

export const READYZ: RouteDocument = {
  tag: "Health",
  operationId: "readyz",
  summary: "Can it take events?",
  answer: {
    status: 200,
    description: "The store can be written, and the delivery loop is alive.",
    kind: "data",
    schema: ReadyView,
    example: { status: "ready" },
  },
  problems: ["not_ready"],
};

export const HEALTH: RouteDocument = {
  tag: "Health",
  operationId: "health",
  summary: "How is it?",
  answer: {
    status: 200,
    description: "Facts about the whole process.",
    kind: "data",
    schema: HealthView,
    example: {
      status: "ready",
      reason: null,
      version: "0.1.0",
      started_at: "2024-12-30T10:00:00.000Z",
      webhooks: 12,
      pending: 3,
      oldest_due_at: "2024-12-30T10:05:00.000Z",
      in_flight: 1,
      database_bytes: 1_048_576,
    },
  },
  problems: ["read_too_slow"],
};

export const METRICS: RouteDocument = {
  tag: "Health",
  operationId: "metrics",
  summary: "Read the metrics",
  answer: {
    status: 200,
    description: "Prometheus' text format, version 0.0.4.",
    kind: "text",
    contentType: "text/plain",
    schema: Type.String(),
    example: "# HELP posthorn_events_accepted_total Events stored.\n",
  },
  problems: ["read_too_slow"],
};
