import { timingSafeEqual } from "node:crypto";
import { Problem } from "../domain/problem.ts";
import type { ProblemCode } from "../domain/problem-codes.ts";
import { hashToken, tokenProblem } from "../domain/token.ts";
import type { Key, Scope, Store } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import type { HttpParts } from "./parts.ts";
import { isSessionToken, sessionTokenOf } from "./session-cookie.ts";

/** Somebody whose key or session is valid, before it is known what they want. */
export interface Identity {
  readonly scope: Scope;
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly keyHash: string;
  readonly expiresAt: Millis | null;
  /** Null: the configured one, which has no row. */
  readonly key: Pick<Key, "id" | "name"> | null;
  readonly via: "key" | "session";
}

export interface IdentityParts {
  readonly store: Pick<Store, "findKey" | "findSession">;
  readonly clock: Pick<HttpParts["clock"], "wall">;
  readonly settings: Pick<HttpParts["settings"], "adminKeyHash">;
}

/** Tells whose a key or a session is. */
export interface Identifier {
  /**
   * Who sends a request, by its key or else by its session's cookie.
   *
   * @throws Problem 401, at once or by the promise
   */
  ofRequest(request: Request): Identity | Promise<Identity>;
  /**
   * Whose key this is. Of the configured one it is known at once.
   *
   * @throws Problem 401, at once or by the promise
   */
  ofKey(token: string): Identity | Promise<Identity>;
}

/**
 * Keys and sessions are told by the SHA-256 of their tokens, the configured key as well: a token itself is never compared, and
 * how far a comparison of hashes went tells nothing of a token that is close.
 */
export function createIdentifier({ store, clock, settings: { adminKeyHash } }: IdentityParts): Identifier {
  const isConfigured = comparison(adminKeyHash);
  const ofStoredKey = async (keyHash: string): Promise<Identity> => {
    const key = await store.findKey(keyHash);
    if (key === null) throw unauthenticated("invalid_key", "There is no such key; it may have been deleted.");
    if (key.expiresAt !== null && key.expiresAt <= clock.wall()) throw expired(key);
    return identityOfKey(key, keyHash, "key");
  };
  const ofKey = (token: string): Identity | Promise<Identity> => {
    const keyHash = hashToken(token);
    if (isConfigured(keyHash)) return configuredAdmin(keyHash, "key");
    refuseForm(token, adminKeyHash !== null);
    return ofStoredKey(keyHash);
  };
  const ofSession = async (token: string): Promise<Identity> => {
    if (!isSessionToken(token)) throw unauthenticated("invalid_session", "The cookie is not one that Posthorn gave.");
    const found = await store.findSession(hashToken(token), clock.wall());
    if (found !== null && found.key !== null) return identityOfKey(found.key, found.session.keyHash, "session");
    if (found !== null && isConfigured(found.session.keyHash)) return configuredAdmin(found.session.keyHash, "session");
    throw unauthenticated("invalid_session", "The session has ended: it expired, was closed, or its key is gone.");
  };
  const ofRequest = (request: Request): Identity | Promise<Identity> => {
    const authorization = request.headers.get("authorization");
    if (authorization !== null) return ofKey(bearerOf(authorization));
    const session = sessionTokenOf(request);
    if (session !== null) return ofSession(session);
    throw unauthenticated("missing_key", "This route needs a key or a session, and the request has neither.");
  };
  return { ofKey, ofRequest };
}

const BEARER = /^bearer +(\S+)$/i;

function bearerOf(authorization: string): string {
  const token = BEARER.exec(authorization.trim())?.[1];
  if (token !== undefined) return token;
  throw unauthenticated("missing_key", "The Authorization header must be `Bearer <key>`.");
}

function identityOfKey(key: Key, keyHash: string, via: Identity["via"]): Identity {
  return { scope: key.scope, tenant: key.tenant, keyHash, expiresAt: key.expiresAt, key, via };
}

function configuredAdmin(keyHash: string, via: Identity["via"]): Identity {
  return { scope: "admin", tenant: null, keyHash, expiresAt: null, key: null, via };
}

/** Whether a hash is the configured one, in a time that does not tell how much of it is. */
function comparison(configured: string | null): (hash: string) => boolean {
  if (configured === null) return () => false;
  const expected = Buffer.from(configured);
  return (hash) => hash.length === expected.length && timingSafeEqual(Buffer.from(hash), expected);
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
