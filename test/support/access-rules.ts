import type { Scope } from "../../src/store/contract.ts";

/**
 * Who may do what, written down from the documentation alone (README, "Keys"; its table of routes), so that a slip in the
 * program cannot hide here: nothing of this is taken from the program's own table.
 */
export interface AccessRule {
  /** Null: everybody, whatever they bear. */
  readonly scopes: readonly Scope[] | null;
  /**
   * - `tenant`: the route acts within one tenant
   * - `process`: it is about all of them, and takes a key of all tenants only
   */
  readonly about: "tenant" | "process";
  /** What the path names: a row, which belongs to one tenant. */
  readonly row: Row | null;
  /** Of the answer to whoever may. */
  readonly status: number;
}

export type Row = "webhook" | "delivery" | "event" | "key";

const READERS = ["read", "manage", "admin"] as const;
const MANAGERS = ["manage", "admin"] as const;
const ADMINS = ["admin"] as const;

function open(status: number): AccessRule {
  return { scopes: null, about: "process", row: null, status };
}

function inTenant(scopes: readonly Scope[], status: number, row: Row | null = null): AccessRule {
  return { scopes, about: "tenant", row, status };
}

export const ACCESS_RULES: Readonly<Record<string, AccessRule>> = {
  "POST /api/webhooks": inTenant(MANAGERS, 201),
  "GET /api/webhooks": inTenant(READERS, 200),
  "GET /api/webhooks/{id}": inTenant(READERS, 200, "webhook"),
  "PUT /api/webhooks/{id}": inTenant(MANAGERS, 200, "webhook"),
  "DELETE /api/webhooks/{id}": inTenant(MANAGERS, 200, "webhook"),
  "GET /api/webhooks/{id}/secret": inTenant(MANAGERS, 200, "webhook"),
  "POST /api/webhooks/{id}/test": inTenant(MANAGERS, 200, "webhook"),
  "GET /api/webhooks/{id}/logs": inTenant(READERS, 200, "webhook"),
  "GET /api/webhooks/{id}/logs/{delivery_id}": inTenant(READERS, 200, "delivery"),
  "POST /api/webhooks/{id}/logs/{delivery_id}/resend": inTenant(MANAGERS, 202, "delivery"),
  "POST /api/webhooks/{id}/resend": inTenant(MANAGERS, 202, "webhook"),
  "POST /api/events": inTenant(["publish", "admin"], 202),
  "GET /api/events": inTenant(READERS, 200),
  "GET /api/events/{id}": inTenant(READERS, 200, "event"),
  "GET /api/event-types": inTenant(READERS, 200),
  "POST /api/keys": inTenant(ADMINS, 201),
  "GET /api/keys": inTenant(ADMINS, 200),
  "DELETE /api/keys/{id}": inTenant(ADMINS, 200, "key"),
  "GET /api/audit": inTenant(ADMINS, 200),
  "POST /api/session": open(201),
  "DELETE /api/session": open(200),
  "GET /livez": open(200),
  "GET /readyz": open(200),
  "GET /health": { scopes: READERS, about: "process", row: null, status: 200 },
  "GET /metrics": { scopes: READERS, about: "process", row: null, status: 200 },
  "GET /": open(302),
  "GET /swagger": open(200),
  "GET /swagger/json": open(200),
  "GET /swagger/{asset}": open(200),
};

/** Somebody with a valid key, or with a session that it opened. */
export interface Holder {
  readonly scope: Scope;
  /** Null: all of them. */
  readonly tenant: string | null;
  readonly via: "key" | "session";
}

export interface Verdict {
  readonly status: number;
  readonly code: string | null;
  /** The only tenant in which it may change anything; null: nothing changes. */
  readonly changes: string | null;
}

/**
 * @param named the tenant that X-Tenant names, or null
 * @param owner the tenant whose row the path names
 */
export function verdictFor(rule: AccessRule, holder: Holder, named: string | null, owner: string): Verdict {
  const { scopes, about, row, status } = rule;
  if (scopes === null) return { status, code: null, changes: null };
  const isForeign = holder.tenant !== null && named !== null && named !== holder.tenant;
  if (isForeign) return refusal(403, "foreign_tenant");
  if (!scopes.includes(holder.scope)) return refusal(403, "insufficient_scope");
  if (about === "process" && holder.tenant !== null) return refusal(403, "foreign_tenant");
  const tenant = holder.tenant ?? named ?? "default";
  // Keys are the one kind of row that a key of all tenants reaches in every tenant, unless X-Tenant names one.
  const reachesAll = row === "key" && holder.tenant === null && named === null;
  if (row !== null && owner !== tenant && !reachesAll) return refusal(404, "not_found");
  return { status, code: null, changes: reachesAll ? owner : tenant };
}

function refusal(status: number, code: string): Verdict {
  return { status, code, changes: null };
}
