import { EventAcceptedView, EventDetailView, EventTypeView, EventView, IDEMPOTENCY_KEY } from "./event-schemas.ts";
import { DELIVERED, EVENT, RESUME, WEBHOOK_ID } from "./examples.ts";
import type { RouteDocument } from "./route-document.ts";

export const POST_EVENT: RouteDocument = {
  tag: "Events",
  operationId: "postEvent",
  summary: "Post an event",
  description:
    "A 202 means that the event and one delivery for each matching webhook are on disk. No match is no fault. Repeating it with the same id is safe: the answer is the same, with `duplicate`.",
  headers: [
    {
      name: "Idempotency-Key",
      description: "Serves as the event's id when the body has none. Plain or in quotes.",
      pattern: IDEMPOTENCY_KEY,
    },
  ],
  bodies: {
    "A resume was created": { type: "resume.created", data: RESUME },
    "With an id of the app's own": {
      type: "resume.deleted",
      id: "resume_456-deleted",
      data: { resume: { id: "resume_456" } },
    },
  },
  answer: {
    status: 202,
    description: "Stored.",
    kind: "data",
    schema: EventAcceptedView,
    example: { ...EVENT, deliveries: 1 },
  },
  problems: ["event_id_taken", "loop_detected", "backlog_full", "shutting_down"],
};

export const LIST_EVENTS: RouteDocument = {
  tag: "Events",
  operationId: "listEvents",
  summary: "List events",
  description: "Newest first.",
  answer: {
    status: 200,
    description: "The events.",
    kind: "page",
    schema: EventView,
    example: [{ ...EVENT, deliveries: 1 }],
  },
  problems: ["read_too_slow"],
};

export const READ_EVENT: RouteDocument = {
  tag: "Events",
  operationId: "readEvent",
  summary: "Read an event",
  answer: {
    status: 200,
    description: "The event with its data and its deliveries.",
    kind: "data",
    schema: EventDetailView,
    example: { ...EVENT, deliveries: [{ ...DELIVERED, webhook_id: WEBHOOK_ID }], data: RESUME },
  },
  problems: ["not_found", "read_too_slow"],
};

export const LIST_EVENT_TYPES: RouteDocument = {
  tag: "Events",
  operationId: "listEventTypes",
  summary: "List the event types",
  description: "The catalogue. Empty when every type is allowed.",
  answer: {
    status: 200,
    description: "All of them, on one page.",
    kind: "page",
    schema: EventTypeView,
    example: [{ name: "resume.created", description: "Resume created", sample: RESUME }],
  },
};
