import { Type } from "@sinclair/typebox";
import { DELIVERY_STATES } from "../domain/delivery.ts";
import { formatSize } from "../domain/quantity.ts";
import { RESEND_MAX, RESPONSE_HEADERS_KEPT_MAX_BYTES, SHOWN_BODIES_MAX_BYTES } from "../limits.ts";
import { eventTypeFilter, PageQuery } from "./query.ts";
import { CLOSED, count, givenInstant, id, instant, milliseconds, nullable, oneOf, record } from "./schemas.ts";

/** How the API shows the state of a delivery; `sending` is a pending one whose attempt is under way. */
const LOG_STATES = [...DELIVERY_STATES, "sending"] as const;

const DELIVERY_ID = { id: id("delivery", "The delivery's.") };

const FACTS = {
  event_id: Type.String({ description: "The event's, as it is on the wire." }),
  event_type: Type.String({ description: "The event's type." }),
  url: Type.String({ description: "The last attempt's, or the webhook's before the first." }),
  status: oneOf(LOG_STATES, "`pending` and `sending` go on; the others are final."),
  status_code: nullable(Type.Integer(), "The last response's; `null` when there was none."),
  response_time: milliseconds("Of the last attempt."),
  attempts: count("Finished attempts; one that a shutdown cut off does not count."),
  delivered_at: Type.Optional(instant("Only when `delivered`: the end of the attempt that succeeded.")),
  last_attempt_at: Type.Optional(
    nullable(instant("The last attempt's."), "Unless `delivered`. `null` before the first."),
  ),
  next_retry_at: Type.Optional(
    nullable(instant("When the next attempt is due."), "Unless `delivered`. `null` when there will be none."),
  ),
  error: Type.Optional(
    nullable(
      Type.String(),
      "Unless `delivered`: a sentence about the last attempt, or that the restoring of a backup cancelled the delivery. `null` before the first attempt.",
    ),
  ),
  test: Type.Optional(Type.Literal(true, { description: "Only on tests." })),
  resend_of: Type.Optional(id("delivery", "Only on resends: the delivery that this one repeats.")),
};

export const LogEntryView = record({ ...DELIVERY_ID, ...FACTS }, "One event for one webhook, and what became of it.");

/** As an event lists it. */
export const EventDeliveryView = record(
  { ...DELIVERY_ID, webhook_id: id("webhook", "The webhook's, also of one that was deleted since."), ...FACTS },
  "What became of an event at one of its webhooks.",
);

const HeaderView = record(
  { name: Type.String({ description: "As it was written." }), value: Type.String({ description: "Its value." }) },
  "One header, as it was on the wire.",
);
const Headers = (description: string) => Type.Array(HeaderView, { description });

const BODIES_SHOWN = `Those of all attempts take at most ${formatSize(SHOWN_BODIES_MAX_BYTES)}, an equal share each.`;

export const AttemptView = record(
  {
    number: Type.Integer({ minimum: 1, description: "From 1; the number of an interrupted attempt comes again." }),
    started_at: instant("Its start."),
    duration: milliseconds("From its start to its end."),
    url: Type.String({ description: "Where it went." }),
    code: Type.String({
      description:
        "How it ended: `success`, `status`, `timeout`, `unresolved`, `blocked`, `interrupted`, or why no response came: `connect_refused`, `connect_timeout`, `connect_failed`, `tls_failed`, `certificate_untrusted`, `certificate_expired`, `certificate_mismatch`, `connection_reset`, `malformed_response`, `head_too_long`.",
    }),
    error: nullable(Type.String(), "A sentence; `null` after a success."),
    request: nullable(
      record({ headers: Headers("As sent; the values of your own headers are masked.") }, "What was sent."),
      "`null` when nothing was sent.",
    ),
    response: nullable(
      record(
        {
          status_code: nullable(Type.Integer(), "The status."),
          headers: Headers(`The first ${formatSize(RESPONSE_HEADERS_KEPT_MAX_BYTES)} of them.`),
          body: Type.String({ description: `The beginning of the body, read as UTF-8. ${BODIES_SHOWN}` }),
          body_end: oneOf(["complete", "cut", "broken", "slow"], "How reading the body ended; `cut` where more came."),
        },
        "What came back.",
      ),
      "`null` when no response came.",
    ),
    timings: record(
      {
        dns: milliseconds("Resolving the name."),
        connect: milliseconds("Connecting."),
        tls: milliseconds("The TLS handshake."),
        first_byte: milliseconds("From the start to the response's head."),
      },
      "`null` where it was not reached or cannot be told.",
    ),
  },
  "One HTTP request of a delivery.",
);

export const LogDetailView = record(
  {
    ...DELIVERY_ID,
    ...FACTS,
    history: Type.Array(AttemptView, { description: "Every attempt, oldest first, interrupted ones included." }),
    event: Type.Object({}, { additionalProperties: true, description: "The event as it is sent, to the byte." }),
  },
  "A delivery with everything that is known of it.",
);

export const LogQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(oneOf(LOG_STATES, "Only deliveries in this state.")),
    event_type: Type.Optional(eventTypeFilter("Only deliveries of this event type.")),
  },
  CLOSED,
);

export const ResendBody = Type.Object(
  {
    status: Type.Literal("failed", { description: "What is sent again." }),
    since: givenInstant("Deliveries that failed at or after this time."),
    until: Type.Optional(givenInstant("And before this time. Without it: until now.")),
  },
  { ...CLOSED, description: "Which deliveries are sent again." },
);

export const ResentView = record(
  {
    count: Type.Integer({ minimum: 0, maximum: RESEND_MAX, description: "New deliveries." }),
    complete: Type.Boolean({
      description: `False when there were more than ${RESEND_MAX}, or no more were taken: repeat the request for the rest; nothing is resent twice.`,
    }),
  },
  "What is on its way again.",
);
