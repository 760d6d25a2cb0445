import { Type } from "@sinclair/typebox";
import { count, instant, nullable, oneOf, record } from "./schemas.ts";

export const LiveView = record(
  { status: Type.Literal("alive", { description: "Always: else nobody answers." }) },
  "The process answers.",
);
export const ReadyView = record(
  { status: Type.Literal("ready", { description: "Always: else it is a 503." }) },
  "The store can be written, and the loop is alive.",
);

export const HealthView = record(
  {
    status: oneOf(["ready", "not_ready"], "As GET /readyz tells it."),
    reason: nullable(Type.String(), "Why it is not ready."),
    version: Type.String({ description: "Posthorn's." }),
    started_at: instant("When this process started."),
    webhooks: count("Webhooks, without the deleted ones."),
    pending: count("Deliveries that are not final."),
    oldest_due_at: nullable(instant("When the delivery was due that waits longest."), "`null`: none waits."),
    in_flight: count("Requests to receivers under way."),
    database_bytes: count("Size of the database file."),
  },
  "Facts for people.",
);
