import { Type } from "@sinclair/typebox";
import { ACTOR_KINDS, AUDIT_ACTIONS } from "../domain/audit.ts";
import { SCOPES } from "../domain/scope.ts";
import { PageQuery } from "./query.ts";
import { CLOSED, formed, id, instant, nullable, oneOf, record } from "./schemas.ts";

const ACTION =
  "`webhook.disabled`: its receiver answered 410. `secret.read`: somebody was shown a webhook's whole secret. `secret_key.rotated`, `database.restored`: a command on the machine did it.";

const ActorView = record(
  {
    type: oneOf(
      ACTOR_KINDS,
      "`key`: a stored key. `configured_key`: POSTHORN_ADMIN_KEY. `posthorn`: nobody, it came about by itself. `command`: whoever ran a command on the machine.",
    ),
    id: nullable(id("key", "The stored key's."), "`null` of the others."),
    name: nullable(Type.String(), "The stored key's, as it was then."),
    scope: nullable(oneOf(SCOPES, "The key's."), "`null` without a key."),
    via: nullable(oneOf(["key", "session"], "By the key itself, or by its session."), "`null` without a key."),
  },
  "Who did it.",
);

const TargetView = record(
  {
    id: Type.String({ description: "`webhook_…` or `key_…`; it may have been deleted since." }),
    name: Type.String({
      description: "A webhook's URL, the beginning of a long one, or a key's name, as it was afterwards.",
    }),
  },
  "What it was done to.",
);

const VALUE = Type.Union([Type.String(), Type.Boolean(), Type.Array(Type.String())]);

const CUT =
  "`true`: the changes were too long to be kept whole. Of a text this is the beginning, and of lists what was removed (`from`) and what was added (`to`).";

const ChangeView = record(
  {
    field: Type.String({ description: "As the API names it." }),
    from: Type.Optional(nullable(VALUE, "Before; `null` of what is new.")),
    to: Type.Optional(nullable(VALUE, "After.")),
    cut: Type.Optional(Type.Boolean({ description: CUT })),
  },
  "One field. Of a secret it only says that it changed, and of `headers` it lists the names, never the values.",
);

export const AuditEntryView = record(
  {
    id: id("audit", "`audit_…`"),
    at: instant("When."),
    action: oneOf(AUDIT_ACTIONS, ACTION),
    actor: ActorView,
    request_id: nullable(Type.String(), "The request's, `req_…`; `null` without one."),
    tenant: nullable(Type.String(), "Whose webhook or key it is about; `null`: all tenants'."),
    target: nullable(TargetView, "`null`: the database as a whole."),
    changes: Type.Array(ChangeView, { description: "The fields that differ; of what is new, those that are set." }),
  },
  "Who did what, when, to what.",
);

const WEBHOOK_ID = /^webhook_[0-9a-z]{26}$/;
const KEY_ID = /^key_[0-9a-z]{26}$/;

export const AuditQuery = Type.Object(
  {
    ...PageQuery.properties,
    action: Type.Optional(oneOf(AUDIT_ACTIONS, "Only entries of this action.")),
    webhook_id: Type.Optional(
      formed(WEBHOOK_ID, "webhook_ and 26 characters", "Only what was done to this webhook; it may be deleted."),
    ),
    key_id: Type.Optional(
      formed(KEY_ID, "key_ and 26 characters", "Only what was done to this key; it may be deleted."),
    ),
    actor_id: Type.Optional(
      formed(KEY_ID, "key_ and 26 characters", "Only what was done with this stored key; it may be deleted."),
    ),
  },
  CLOSED,
);
