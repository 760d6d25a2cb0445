import { timingSafeEqual } from "node:crypto";
import { Problem, type ProblemCode } from "../domain/problem.ts";
import { hashToken, tokenProblem } from "../domain/token.ts";
import type { Key, Scope, Store } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import type { HttpParts } from "./parts.ts";
import { sessionTokenOf } from "./session-cookie.ts";

/** Somebody whose key or session is valid, before it is known what they want. */
export interface Identity {
  readonly scope: Scope;
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly keyHash: string;
  readonly expiresAt: Millis | null;
}

export interface IdentityParts {
  readonly store: Pick<Store, "findKey" | "findSession">;
  readonly clock: Pick<HttpParts["clock"], "wall">;
  readonly settings: Pick<HttpParts["settings"], "adminKeyHash">;
}

/**
 * Who sends a request, by its key or else by its session's cookie.
 *
 * @throws Problem 401
 */
export function identityOf(parts: IdentityParts, request: Request): Promise<Identity> {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) return identify(parts, bearerOf(authorization));
  const session = sessionTokenOf(request);
  if (session === null)
    throw unauthenticated("missing_key", "This route needs a key or a session, and the request has neither.");
  return resume(parts, session);
}

const BEARER = /^bearer +(\S+)$/i;

function bearerOf(authorization: string): string {
  const token = BEARER.exec(authorization.trim())?.[1];
  if (token !== undefined) return token;
  throw unauthenticated("missing_key", "The Authorization header must be `Bearer <key>`.");
}

/**
 * Whose key this is.
 *
 * @throws Problem 401
 */
export async function identify({ store, clock, settings }: IdentityParts, token: string): Promise<Identity> {
  const keyHash = hashToken(token);
  if (isSameHash(keyHash, settings.adminKeyHash)) return configuredAdmin(keyHash);
  refuseForm(token, settings.adminKeyHash !== null);
  const key = await store.findKey(keyHash);
  if (key === null) throw unauthenticated("invalid_key", "There is no such key; it may have been deleted.");
  if (key.expiresAt !== null && key.expiresAt <= clock.wall()) throw expired(key);
  return identityOfKey(key, keyHash);
}

async function resume({ store, clock, settings }: IdentityParts, token: string): Promise<Identity> {
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

/** Only what Posthorn makes has a form; POSTHORN_ADMIN_KEY is any text, and was compared before. */
function refuseForm(token: string, hasConfiguredKey: boolean): void {
  const problem = tokenProblem(token);
  if (problem === null) return;
  if (token.startsWith("whsec_")) {
    throw unauthenticated("webhook_secret_as_key", "This is a webhook's secret, not a key for the API.");
  }
  throw unauthenticated("invalid_key", problem === "mistyped" ? MISTYPED : notAToken(token, hasConfiguredKey));
}

const MISTYPED = "The key is mistyped or cut: its check characters do not match.";
const QUOTES = /^["'`]|["'`]$/;

function notAToken(token: string, hasConfiguredKey: boolean): string {
  if (QUOTES.test(token)) return "The key stands in quotes: send it without them.";
  return hasConfiguredKey
    ? "This is not a key: it does not begin with posthorn_, and it is not POSTHORN_ADMIN_KEY either, which may be mistyped here."
    : "This is not a key: keys begin with posthorn_. A webhook's secret does not open the API.";
}

function expired({ expiresAt }: Key): Problem {
  return unauthenticated("expired_key", `The key expired at ${new Date(expiresAt ?? 0).toISOString()}.`);
}

/** RFC 9110 §11.6.1: a 401 names the scheme. */
function unauthenticated(code: ProblemCode, message: string): Problem {
  return new Problem(code, message, { headers: { "WWW-Authenticate": 'Bearer realm="posthorn"' } });
}
