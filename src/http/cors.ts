import type { HttpSettings } from "./parts.ts";

type CorsSettings = Pick<HttpSettings, "corsOrigins">;

const REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Tenant";
const EXPOSED_HEADERS = "X-Request-Id, Retry-After";
const PREFLIGHT_KEPT_SECONDS = "600";

/** Lets pages of listed origins read the answer. Every answer to a page varies with its origin. */
export function allowOrigin(headers: Headers, request: Request, { corsOrigins }: CorsSettings): void {
  const origin = request.headers.get("origin");
  headers.append("Vary", "Origin");
  if (origin === null || !corsOrigins.includes(origin)) return;
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Allow-Credentials", "true");
  headers.set("Access-Control-Expose-Headers", EXPOSED_HEADERS);
}

/**
 * The answer to `OPTIONS` on a path that exists: 204, and for a listed origin what its page may send.
 *
 * @param methods that the path has
 */
export function preflight(request: Request, methods: readonly string[], { corsOrigins }: CorsSettings): Response {
  const headers = new Headers({ Allow: methods.join(", ") });
  const origin = request.headers.get("origin");
  if (origin !== null && corsOrigins.includes(origin)) {
    headers.set("Access-Control-Allow-Methods", methods.join(", "));
    headers.set("Access-Control-Allow-Headers", REQUEST_HEADERS);
    headers.set("Access-Control-Max-Age", PREFLIGHT_KEPT_SECONDS);
  }
  return new Response(null, { status: 204, headers });
}
