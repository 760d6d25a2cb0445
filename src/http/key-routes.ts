import type { Static } from "@sinclair/typebox";
import { newId } from "../domain/ids.ts";
import { Problem, validationFailed } from "../domain/problem.ts";
import { hashToken, newToken } from "../domain/token.ts";
import { KEY_TOKEN_BYTES } from "../limits.ts";
import type { Key, Store } from "../store/contract.ts";
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
        expiresAt: expiryOf(body.expires_at, createdAt),
        hash: hashToken(token),
      };
      const key = await store.createKey(newKey, actorOf(caller, requestId));
      return answer({ ...keyView(key), token }, { status: 201 });
    },
  });
}

/** Nobody makes a key that reaches further than their own. */
function tenantOf(given: string | null | undefined, { tenant, reach }: Caller): string | null {
  if (given === undefined) return tenant;
  if (reach === null || given === reach) return given;
  throw new Problem("foreign_tenant", "A key of one tenant makes keys of that tenant only.", {
    hint: "Leave `tenant` away, or use a key of all tenants without X-Tenant.",
  });
}

/** @throws Problem 422 */
function expiryOf(given: string | null | undefined, now: number): number | null {
  if (given === undefined || given === null) return null;
  const at = parseInstant(given);
  if (at !== null && at > now) return at;
  const message = "Must be a time in the future, such as 2099-12-31T23:59:59Z (RFC 3339).";
  throw validationFailed([{ path: "/expires_at", message, ...received(given) }]);
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
    "This is the last admin key of all tenants: without it nobody could make another.",
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
