const NAME = "posthorn_session";
/** SESSION_TOKEN_BYTES in base64url. */
const TOKEN = /^[\w-]{43}$/;

/** The name of the cookie that stands for a key in a browser. */
export const SESSION_COOKIE = NAME;

/** The session's token that a request bears, or null. */
export function sessionTokenOf(request: Request): string | null {
  const cookies = request.headers.get("cookie");
  return cookies === null ? null : new Bun.CookieMap(cookies).get(NAME);
}

/** Whether a text can be a session's token at all. */
export function isSessionToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * The `Set-Cookie` of a new session. No script can read it, and no other site can send it.
 *
 * @param isSecure only over TLS: the public URL is https
 */
export function sessionCookie(token: string, maxAgeSeconds: number, isSecure: boolean): string {
  const parts = [`${NAME}=${token}`, "Path=/", `Max-Age=${maxAgeSeconds}`, "HttpOnly", "SameSite=Strict"];
  return [...parts, ...(isSecure ? ["Secure"] : [])].join("; ");
}

/** The `Set-Cookie` that makes the browser forget the session. */
export function endedSessionCookie(isSecure: boolean): string {
  return sessionCookie("", 0, isSecure);
}
