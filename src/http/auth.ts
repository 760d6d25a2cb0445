import { timingSafeEqual } from "node:crypto";
import { Problem, type ProblemCode, validationFailed } from "../domain/problem.ts";
import { hashToken, tokenProblem } from "../domain/token.ts";
import type { Key, Scope, Store } from "../store/contract.ts";
import { refuseCrossSite } from "./origin.ts";
import type { HttpParts } from "./parts.ts";
import { sessionTokenOf } from "./session-cookie.ts";
import { DEFAULT_TENANT, TENANT, TENANT_FORM } from "./tenant.ts";

/**
 * What a route asks of a key.
 *
 * - `open`: nothing
 * - `read`, `manage`, `publish`, `admin`: a key whose scope covers it
 * - `operator`: a key of all tenants that may read; for facts about the whole process
 */
export type Access = "open" | Scope | "operator";

export interface Caller {
  readonly scope: Scope;
  /** Whose webhooks and events this request is about. */
  readonly tenant: string;
  /** The one tenant that the request may reach, or null: all of them. */
  readonly reach: string | null;
}

/** Somebody whose key or session is valid, before it is known what they want. */
export interface Identity {
  readonly scope: Scope;
  readonly tenant: string | null;
  readonly keyHash: string;
  readonly expiresAt: number | null;
}

/** The scopes whose keys may do what a route asks. */
export const SCOPES_FOR: Readonly<Record<Exclude<Access, "open">, readonly Scope[]>> = {
  read: ["read", "manage", "admin"],
  manage: ["manage", "admin"],
  publish: ["publish", "admin"],
  admin: ["admin"],
  operator: ["read", "manage", "admin"],
};

export interface Gate {
  /** @throws Problem 401, 403 or (an impossible `X-Tenant`) 422 */
  admit(access: Exclude<Access, "open">, request: Request): Promise<Caller>;
  /** @throws Problem 401 */
  identify(token: string): Promise<Identity>;
}

export interface GateParts {
  readonly store: Pick<Store, "findKey" | "findSession">;
  readonly clock: Pick<HttpParts["clock"], "wall">;
  readonly settings: Pick<HttpParts["settings"], "adminKeyHash" | "corsOrigins" | "publicUrl">;
}

/** Tells who sends a request, and whether they may. */
export function createGate(parts: GateParts): Gate {
  const gate = { identify: (token: string) => identify(parts, token) };
  return {
    ...gate,
    admit: async (access, request) => {
      const identity = await identityOf(parts, request);
      const caller = callerOf(identity, request.headers.get("x-tenant"));
      refuseScope(access, identity);
      refuseCrossSite(request, parts.settings);
      return caller;
    },
  };
}

function identityOf(parts: GateParts, request: Request): Promise<Identity> {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) return identify(parts, bearerOf(authorization));
  const session = sessionTokenOf(request);
  if (session === null)
    throw unauthenticated("missing_key", "This route needs a key or a session, and the request has neither.");
  return resume(parts, session);
}

const BEARER = /^bearer +(\S+)$/i;

function bearerOf(authorization: string): string {
  const [, token] = BEARER.exec(authorization.trim()) ?? [];
  if (token !== undefined) return token;
  throw unauthenticated("missing_key", "The Authorization header must be `Bearer <key>`.");
}

async function identify({ store, clock, settings }: GateParts, token: string): Promise<Identity> {
  const keyHash = hashToken(token);
  if (isSameHash(keyHash, settings.adminKeyHash)) return configuredAdmin(keyHash);
  refuseForm(token);
  const key = await store.findKey(keyHash);
  if (key === null) throw unauthenticated("invalid_key", "There is no such key; it may have been deleted.");
  if (key.expiresAt !== null && key.expiresAt <= clock.wall()) throw expired(key);
  return identityOfKey(key, keyHash);
}

async function resume({ store, clock, settings }: GateParts, token: string): Promise<Identity> {
  const found = await store.findSession(hashToken(token), clock.wall());
  if (found !== null && found.key !== null) return identityOfKey(found.key, found.session.keyHash);
  if (found !== null && isSameHash(found.session.keyHash, settings.adminKeyHash))
    return configuredAdmin(found.session.keyHash);
  throw unauthenticated("invalid_session", "The session has ended: it expired, was closed, or its key is gone.");
}

function identityOfKey(key: Key, keyHash: string): Identity {
  return { scope: key.scope, tenant: key.tenant, keyHash, expiresAt: key.expiresAt };
}

function configuredAdmin(keyHash: string): Identity {
  return { scope: "admin", tenant: null, keyHash, expiresAt: null };
}

function isSameHash(hash: string, configured: string | null): boolean {
  if (configured === null || configured.length !== hash.length) return false;
  return timingSafeEqual(Buffer.from(hash), Buffer.from(configured));
}

function refuseForm(token: string): void {
  const problem = tokenProblem(token);
  if (problem === null) return;
  if (token.startsWith("whsec_")) {
    throw unauthenticated("webhook_secret_as_key", "This is a webhook's secret, not a key for the API.");
  }
  const message =
    problem === "mistyped"
      ? "The key is mistyped or cut: its check characters do not match."
      : "This is not a key: keys begin with posthorn_. A webhook's secret does not open the API.";
  throw unauthenticated("invalid_key", message);
}

function expired({ expiresAt }: Key): Problem {
  return unauthenticated("expired_key", `The key expired at ${new Date(expiresAt ?? 0).toISOString()}.`);
}

/** RFC 9110 §11.6.1: a 401 names the scheme. */
function unauthenticated(code: ProblemCode, message: string): Problem {
  return new Problem(code, message, { headers: { "WWW-Authenticate": 'Bearer realm="posthorn"' } });
}

function callerOf({ scope, tenant }: Identity, named: string | null): Caller {
  if (named !== null && !TENANT.test(named)) throw badTenant();
  if (tenant !== null && named !== null && named !== tenant) {
    throw new Problem("foreign_tenant", "The key belongs to another tenant than X-Tenant names.");
  }
  return { scope, tenant: tenant ?? named ?? DEFAULT_TENANT, reach: tenant ?? named };
}

function badTenant(): Problem {
  return validationFailed([{ path: "X-Tenant", message: `Must be ${TENANT_FORM}.` }]);
}

function refuseScope(access: Exclude<Access, "open">, { scope, tenant }: Identity): void {
  const scopes = SCOPES_FOR[access];
  if (!scopes.includes(scope)) {
    throw new Problem("insufficient_scope", `This needs a key of scope ${scopes.join(" or ")}; this one has ${scope}.`);
  }
  if (access === "operator" && tenant !== null) {
    throw new Problem("foreign_tenant", "This is about all tenants, and the key belongs to one.", {
      hint: "Use a key of all tenants.",
    });
  }
}
