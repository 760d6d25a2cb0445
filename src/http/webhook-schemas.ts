import { Type } from "@sinclair/typebox";
import { formatDuration, formatSize } from "../domain/quantity.ts";
import {
  CUSTOM_HEADERS_MAX,
  CUSTOM_HEADERS_MAX_BYTES,
  DESCRIPTION_MAX_CHARACTERS,
  RETRY_STEP_MAX_MS,
  RETRY_STEP_MIN_MS,
  RETRY_STEPS_MAX,
  SECRET_MAX_CHARACTERS,
  SUBSCRIPTIONS_MAX,
  TIMEOUT_MAX_MS,
  TIMEOUT_MIN_MS,
} from "../limits.ts";
import { TOLD } from "./openapi-schema.ts";
import { CLOSED, givenDuration, givenEventType, headerMap, id, instant, nullable, record } from "./schemas.ts";

/** In words that follow "Must be". */
export const RETRY_STEP_FORM = `a duration from ${formatDuration(RETRY_STEP_MIN_MS)} to ${formatDuration(RETRY_STEP_MAX_MS)} such as "5s"`;
export const TIMEOUT_FORM = `a duration from ${formatDuration(TIMEOUT_MIN_MS)} to ${formatDuration(TIMEOUT_MAX_MS)} such as "30s"`;

const SCHEDULE = Type.Array(givenDuration(RETRY_STEP_FORM, "The wait before one retry."), {
  maxItems: RETRY_STEPS_MAX,
  example: ["5s", "1m", "10m"],
});

const GIVEN = {
  url: Type.String({
    example: "https://example.com/hook",
    description: "Where the events are posted: a public http or https URL. Kept as given.",
  }),
  events: Type.Array(Type.String(), {
    minItems: 1,
    maxItems: SUBSCRIPTIONS_MAX,
    example: ["*"],
    description:
      "Event types, groups such as `resume.*` (any depth) or `*`. Each must match something in the catalogue.",
  }),
  secret: Type.Optional(
    Type.String({
      writeOnly: true,
      [TOLD]: { minLength: 1, maxLength: SECRET_MAX_CHARACTERS },
      description: `The key of the signatures, as UTF-8: 1 to ${SECRET_MAX_CHARACTERS} characters. Without it one is made: \`whsec_\` and base64 of 32 random bytes.`,
    }),
  ),
  active: Type.Optional(
    Type.Boolean({ default: true, description: "`false` holds its pending deliveries until it is on again." }),
  ),
  description: Type.Optional(nullable(Type.String({ maxLength: DESCRIPTION_MAX_CHARACTERS }), "For people.")),
  retry_schedule: Type.Optional(
    nullable(
      SCHEDULE,
      "The waits before each retry, from `100ms` to `7d`; `[]`: no retry; `null`: the configured default, `1s`, `2s`, `4s` unless changed.",
    ),
  ),
  timeout: Type.Optional(
    nullable(
      givenDuration(TIMEOUT_FORM, "A duration."),
      "Of one attempt, from `1s` to `60s`; `null`: the configured default, `30s` unless changed.",
    ),
  ),
  headers: Type.Optional(
    headerMap(
      `Your own headers for every request: at most ${CUSTOM_HEADERS_MAX}, ${formatSize(CUSTOM_HEADERS_MAX_BYTES)} in all.`,
      { writeOnly: true },
    ),
  ),
};

/** What POST /api/webhooks takes. */
export const NewWebhookBody = Type.Object(GIVEN, { ...CLOSED, description: "A webhook to be made." });

const READ_ONLY = "Read-only: ignored when it is as stored, refused when it is not.";

/** What PUT /api/webhooks/:id takes: the fields to change. */
export const WebhookChangesBody = Type.Object(
  {
    ...Type.Partial(Type.Object(GIVEN)).properties,
    id: Type.Optional(Type.Unknown({ description: READ_ONLY })),
    disabled_reason: Type.Optional(Type.Unknown({ description: READ_ONLY })),
    createdAt: Type.Optional(Type.Unknown({ description: READ_ONLY })),
    updatedAt: Type.Optional(Type.Unknown({ description: READ_ONLY })),
  },
  { ...CLOSED, description: "The fields to change; the others stay as they are." },
);

export const WebhookView = record(
  {
    id: id("webhook", "`webhook_…`"),
    url: Type.String({ description: "As given." }),
    events: Type.Array(Type.String(), { description: "What it subscribes to." }),
    secret: Type.String({
      description:
        "Whole in the answer that made it; else its last 4 characters, or none of a secret under 16 characters.",
    }),
    active: Type.Boolean({ description: "Whether deliveries are made and sent." }),
    description: nullable(Type.String(), "For people."),
    retry_schedule: nullable(Type.Array(Type.String()), "The waits before each retry; `null`: the configured default."),
    timeout: nullable(Type.String(), "Of one attempt; `null`: the configured default."),
    headers: headerMap("Your own headers, their values masked like the secret."),
    disabled_reason: nullable(
      Type.Literal("gone"),
      "`gone`: the receiver answered 410, and the webhook was turned off. Cleared by `active: true`.",
    ),
    createdAt: instant("When it was made."),
    updatedAt: instant("When it was last changed."),
  },
  "A receiver and what it subscribes to.",
);

export const DeletedView = record(
  { id: Type.String({ description: "What was deleted." }), deleted: Type.Literal(true, { description: "Always." }) },
  "It is gone for every reader.",
);

export const SecretView = record(
  { id: id("webhook", "The webhook's."), secret: Type.String({ description: "The whole secret." }) },
  "A webhook's secret.",
);

export const TestBody = Type.Object(
  {
    event_type: Type.Optional(
      givenEventType("Whose sample is sent; without it, the first type that the webhook subscribes to."),
    ),
  },
  { ...CLOSED, description: "What the test sends." },
);
