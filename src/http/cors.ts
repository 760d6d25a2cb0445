import { type Answer, answerHeaders } from "./answer.ts";
import type { HttpSettings } from "./parts.ts";

type CorsSettings = Pick<HttpSettings, "corsOrigins">;

const REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Tenant";
const EXPOSED_HEADERS = "X-Request-Id, Retry-After";
const PREFLIGHT_KEPT_SECONDS = "600";

/** The headers of an answer, and with them what lets a page read it when its origin is listed. */
export function allowOrigin(headers: Headers, request: Request, settings: CorsSettings): Headers {
  const origin = listedOrigin(request, settings);
  if (origin === null) return headers;
  const allowing = new Headers(headers);
  allowing.set("Access-Control-Allow-Origin", origin);
  allowing.set("Access-Control-Allow-Credentials", "true");
  allowing.set("Access-Control-Expose-Headers", EXPOSED_HEADERS);
  return allowing;
}

/**
 * The answer to `OPTIONS` on a path that exists: 204, and for a listed origin what its page may send.
 *
 * @param methods that the path has
 */
export function preflight(request: Request, methods: readonly string[], settings: CorsSettings): Answer {
  const headers = answerHeaders({ Allow: methods.join(", ") });
  if (listedOrigin(request, settings) !== null) {
    headers.set("Access-Control-Allow-Methods", methods.join(", "));
    headers.set("Access-Control-Allow-Headers", REQUEST_HEADERS);
    headers.set("Access-Control-Max-Age", PREFLIGHT_KEPT_SECONDS);
  }
  return { status: 204, content: null, headers };
}

function listedOrigin({ headers }: Request, { corsOrigins }: CorsSettings): string | null {
  const origin = corsOrigins.length === 0 ? null : headers.get("origin");
  return origin !== null && corsOrigins.includes(origin) ? origin : null;
}
