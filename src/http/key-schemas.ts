import { Type } from "@sinclair/typebox";
import { SCOPES } from "../domain/scope.ts";
import { KEY_NAME_MAX_CHARACTERS } from "../limits.ts";
import { CLOSED, formed, givenInstant, id, instant, nullable, oneOf, record } from "./schemas.ts";
import { TENANT, TENANT_FORM } from "./tenant.ts";

const SCOPE =
  "`read`: GETs but secrets and keys. `manage`: also webhooks, secrets, tests, resends. `publish`: only POST /api/events. `admin`: everything.";

export const NewKeyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: KEY_NAME_MAX_CHARACTERS, description: "For people." }),
    scope: oneOf(SCOPES, SCOPE),
    tenant: Type.Optional(
      nullable(
        formed(TENANT, TENANT_FORM, "The one tenant it is for."),
        "`null`: all tenants. Without it: the tenant of the request.",
      ),
    ),
    expires_at: Type.Optional(nullable(givenInstant("When it ends."), "`null` or left away: never.")),
  },
  { ...CLOSED, description: "A key to be made." },
);

const KEY = {
  id: id("key", "`key_…`"),
  name: Type.String({ description: "For people." }),
  scope: oneOf(SCOPES, SCOPE),
  tenant: nullable(Type.String(), "`null`: all tenants."),
  created_at: instant("When it was made."),
  expires_at: nullable(instant("When it ends."), "`null`: never."),
};

export const KeyView = record(KEY, "A key, without its token.");

export const NewKeyView = record(
  { ...KEY, token: Type.String({ description: "The key itself. It is shown here and never again." }) },
  "A new key.",
);

export const SessionBody = Type.Object(
  { key: Type.String({ minLength: 1, writeOnly: true, description: "A key." }) },
  { ...CLOSED, description: "The key that the session stands for." },
);

export const SessionView = record(
  {
    scope: oneOf(SCOPES, "The key's."),
    tenant: nullable(Type.String(), "The key's; `null`: all tenants."),
    expires_at: instant("When the session ends, unless its key is deleted before."),
  },
  "A session; the cookie is its proof.",
);

export const EndedView = record(
  { ended: Type.Literal(true, { description: "Always." }) },
  "There is no session any more.",
);
