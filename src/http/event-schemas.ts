import { Type } from "@sinclair/typebox";
import { EVENT_LOG_MAX } from "../limits.ts";
import { EventDeliveryView } from "./log-schemas.ts";
import { eventTypeFilter, PageQuery } from "./query.ts";
import { CLOSED, count, formed, givenEventType, record, wholeSecondInstant } from "./schemas.ts";

/** An event's wire id, when the app brings its own. */
export const EVENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const EVENT_ID_FORM = "1 to 64 of the characters A-Z, a-z, 0-9, _ and -";

/** Such an id as a header: plain, or as the quoted string that draft-ietf-httpapi-idempotency-key-header asks for. */
export const IDEMPOTENCY_KEY = /^([A-Za-z0-9_-]{1,64}|"[A-Za-z0-9_-]{1,64}")$/;

export const EventBody = Type.Object(
  {
    type: givenEventType("One of the types of GET /api/event-types."),
    data: Type.Object(
      {},
      {
        additionalProperties: true,
        description: "Sent to the receivers to the byte as it is here.",
      },
    ),
    id: Type.Optional(
      formed(
        EVENT_ID,
        EVENT_ID_FORM,
        "Unique per tenant: the same event posted again under it is stored once. Without it, `Idempotency-Key` serves, else one is made.",
      ),
    ),
  },
  { ...CLOSED, description: "An event." },
);

const SUMMARY = {
  id: Type.String({ description: "The id on the wire: receivers see the same one on every attempt." }),
  type: Type.String({ description: "Its type." }),
  created: wholeSecondInstant("When it came in."),
  api_version: Type.String({ description: "As on the wire." }),
};

const COUNTED = { ...SUMMARY, deliveries: count("How many webhooks matched when it came in.") };
const TEST = Type.Optional(Type.Literal(true, { description: "Only on the events of tests." }));

export const EventAcceptedView = record(
  {
    ...COUNTED,
    duplicate: Type.Optional(
      Type.Literal(true, { description: "Only when the event was known: nothing was stored or sent again." }),
    ),
  },
  "The event and all its deliveries are on disk.",
);

export const EventView = record({ ...COUNTED, test: TEST }, "An event without its data.");

export const EventDetailView = record(
  {
    ...SUMMARY,
    test: TEST,
    deliveries: Type.Array(EventDeliveryView, {
      maxItems: EVENT_LOG_MAX,
      description: `Newest first, resends included: all of them up to ${EVENT_LOG_MAX}, then the newest.`,
    }),
    data: Type.Object({}, { additionalProperties: true, description: "To the byte as it was posted." }),
  },
  "An event and its deliveries.",
);

export const EventQuery = Type.Object(
  {
    ...PageQuery.properties,
    event_type: Type.Optional(eventTypeFilter("Only events of this type.")),
  },
  CLOSED,
);

export const EventTypeView = record(
  {
    name: Type.String({ description: "What `type` and a webhook's `events` may say." }),
    description: Type.String({ description: "For people." }),
    sample: Type.Object({}, { additionalProperties: true, description: "The `data` that a test sends." }),
  },
  "An event type of the catalogue.",
);
