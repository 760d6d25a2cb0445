import type { Static } from "@sinclair/typebox";
import { newId } from "../domain/ids.ts";
import { Problem, validationFailed } from "../domain/problem.ts";
import { hashToken, newToken } from "../domain/token.ts";
import { KEY_TOKEN_BYTES, KEYS_PER_TENANT_MAX } from "../limits.ts";
import type { Key, Store } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { actorOf } from "./actor.ts";
import { answer, answerPage } from "./answer.ts";
import type { Caller } from "./auth.ts";
import { cursorAfter, pageRequest } from "./cursor.ts";
import { idIn, notFound } from "./found.ts";
import { parseInstant } from "./instant.ts";
import { CREATE_KEY, DELETE_KEY, LIST_KEYS } from "./key-documents.ts";
import { type KeyView, NewKeyBody } from "./key-schemas.ts";
import type { HttpParts } from "./parts.ts";
import { PageQuery } from "./query.ts";
import { type Route, route } from "./route.ts";
import { received } from "./validation.ts";

export interface KeyParts extends Pick<HttpParts, "clock" | "random" | "settings"> {
  readonly store: Pick<Store, "createKey" | "listKeys" | "deleteKey">;
}

export function keyRoutes(parts: KeyParts): readonly Route[] {
  return [create(parts), list(parts), remove(parts)];
}

function create({ store, clock, random }: KeyParts): Route {
  return route({
    method: "POST",
    path: "/api/keys",
    access: "admin",
    body: { schema: NewKeyBody },
    document: CREATE_KEY,
    handle: async ({ body, caller, requestId }) => {
      const createdAt = clock.wall();
      const token = newToken(random.bytes(KEY_TOKEN_BYTES));
      const newKey = {
        id: newId("key", createdAt, random.bytes(10)),
        name: body.name,
        scope: body.scope,
        tenant: tenantOf(body.tenant, caller),
        createdAt,
        expiresAt: expiryOf(body.expires_at, createdAt, caller),
        hash: hashToken(token),
      };
      const key = await store.createKey(newKey, actorOf(caller, requestId), KEYS_PER_TENANT_MAX);
      if (key === null) throw tooMany(newKey.tenant);
      return answer({ ...keyView(key), token }, { status: 201 });
    },
  });
}

function tooMany(tenant: string | null): Problem {
  const whose = tenant === null ? "There are" : "The tenant has";
  const what = tenant === null ? "keys of all tenants" : "keys";
  return new Problem("too_many_keys", `${whose} ${KEYS_PER_TENANT_MAX} ${what}, which is as many as there may be.`);
}

/** Nobody makes a key that reaches further than their own. */
function tenantOf(given: string | null | undefined, { tenant, reach }: Caller): string | null {
  if (given === undefined) return tenant;
  if (reach === null || given === reach) return given;
  throw new Problem("foreign_tenant", "A key of one tenant makes keys of that tenant only.", {
    hint: "Leave `tenant` away, or use a key of all tenants without X-Tenant.",
  });
}

/** Nobody makes a key that lasts longer than their own. @throws Problem 422 */
function expiryOf(given: string | null | undefined, now: Millis, { identity }: Caller): Millis | null {
  const { expiresAt: lastAt } = identity;
  const at = given === undefined || given === null ? null : parseInstant(given);
  if (typeof given === "string" && (at === null || at <= now)) throw badExpiry(FUTURE, given);
  if (lastAt === null || (at !== null && at <= lastAt)) return at;
  const end = new Date(lastAt).toISOString();
  throw badExpiry(`Must be ${end} or earlier: then the key ends that this request was made with.`, given);
}

const FUTURE = "Must be a time in the future, such as 2099-12-31T23:59:59Z (RFC 3339).";

function badExpiry(message: string, given: string | null | undefined): Problem {
  return validationFailed([{ path: "/expires_at", message, ...received(given) }]);
}

function list({ store }: KeyParts): Route {
  return route({
    method: "GET",
    path: "/api/keys",
    access: "admin",
    query: PageQuery,
    document: LIST_KEYS,
    handle: async ({ query, caller }) => {
      const identity = ["keys", caller.reach ?? undefined];
      const page = await store.listKeys(caller.reach, pageRequest(query, identity));
      return answerPage(page.rows.map(keyView), cursorAfter(page, identity));
    },
  });
}

function remove({ store, clock, settings }: KeyParts): Route {
  return route({
    method: "DELETE",
    path: "/api/keys/:id",
    access: "admin",
    document: DELETE_KEY,
    handle: async ({ params, caller, requestId }) => {
      const id = idIn(params, "id", "key");
      const options = { adminKeyIsConfigured: settings.adminKeyHash !== null, now: clock.wall() };
      const deleted = await store.deleteKey(caller.reach, id, options, actorOf(caller, requestId));
      if (deleted === "not_found") throw notFound("key");
      if (deleted === "last_admin") throw lastAdmin();
      return answer({ id, deleted: true });
    },
  });
}

function lastAdmin(): Problem {
  return new Problem(
    "last_admin_key",
    "No other admin key of all tenants lasts as long as this one: without it, one day nobody could make another.",
  );
}

function keyView({ id, name, scope, tenant, createdAt, expiresAt }: Key): Static<typeof KeyView> {
  const created_at = new Date(createdAt).toISOString();
  return {
    id,
    name,
    scope,
    tenant,
    created_at,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}
