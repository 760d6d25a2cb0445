import { hashToken } from "../domain/token.ts";
import { SESSION_ANSWER_SECONDS, SESSION_MS, SESSION_TOKEN_BYTES } from "../limits.ts";
import type { Store } from "../store/contract.ts";
import { answer } from "./answer.ts";
import { CLOSE_SESSION, OPEN_SESSION } from "./key-documents.ts";
import { SessionBody } from "./key-schemas.ts";
import { refuseCrossSite } from "./origin.ts";
import type { HttpParts } from "./parts.ts";
import { openRoute, type Route } from "./route.ts";
import { endedSessionCookie, isSessionToken, sessionCookie, sessionTokenOf } from "./session-cookie.ts";

export interface SessionParts extends Pick<HttpParts, "clock" | "random" | "settings"> {
  readonly store: Pick<Store, "findSession" | "createSession" | "deleteSession">;
}

export function sessionRoutes(parts: SessionParts): readonly Route[] {
  return [open(parts), close(parts)];
}

function open(parts: SessionParts): Route {
  const { store, clock, random, settings } = parts;
  return openRoute({
    method: "POST",
    path: "/api/session",
    body: { schema: SessionBody },
    answerSeconds: SESSION_ANSWER_SECONDS,
    document: OPEN_SESSION,
    handle: async ({ request, body, gate }) => {
      refuseCrossSite(request, settings);
      const { scope, tenant, keyHash, expiresAt: keyExpiresAt } = await gate.identifyKey(body.key);
      const now = clock.wall();
      const expiresAt = Math.min(now + SESSION_MS, keyExpiresAt ?? Number.POSITIVE_INFINITY);
      const token = random.bytes(SESSION_TOKEN_BYTES).toBase64({ alphabet: "base64url", omitPadding: true });
      await store.createSession({ hash: hashToken(token), keyHash, expiresAt });
      const cookie = sessionCookie(token, Math.ceil((expiresAt - now) / 1_000), isSecure(settings));
      const view = { scope, tenant, expires_at: new Date(expiresAt).toISOString() };
      return answer(view, { status: 201, headers: { "Set-Cookie": cookie } });
    },
  });
}

function close(parts: SessionParts): Route {
  const { settings } = parts;
  return openRoute({
    method: "DELETE",
    path: "/api/session",
    document: CLOSE_SESSION,
    handle: async ({ request }) => {
      refuseCrossSite(request, settings);
      const token = sessionTokenOf(request);
      if (token !== null && isSessionToken(token)) await endIfThere(hashToken(token), parts);
      return answer({ ended: true }, { headers: { "Set-Cookie": endedSessionCookie(isSecure(settings)) } });
    },
  });
}

/** Looked up before it is deleted: this route is open, and what strangers make up is to ask no write of the disk. */
async function endIfThere(hash: string, { store, clock }: SessionParts): Promise<void> {
  if ((await store.findSession(hash, clock.wall())) !== null) await store.deleteSession(hash);
}

function isSecure({ publicUrl }: SessionParts["settings"]): boolean {
  return publicUrl?.protocol === "https:";
}
