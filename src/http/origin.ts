import { Problem } from "../domain/problem.ts";
import type { HttpSettings } from "./parts.ts";
import { sessionTokenOf } from "./session-cookie.ts";

type OriginSettings = Pick<HttpSettings, "corsOrigins" | "publicUrl">;

/**
 * A browser sends the cookie by itself, so a writing request with it must show that a page of ours, or of a listed
 * origin, made it. A key is never sent by itself: with one there is nothing to check.
 *
 * @throws Problem 403
 */
export function refuseCrossSite(request: Request, settings: OriginSettings): void {
  if (READING.has(request.method)) return;
  if (request.headers.has("authorization") || sessionTokenOf(request) === null) return;
  const origin = request.headers.get("origin");
  if (origin === null ? isSameSite(request) : isTrusted(origin, request, settings)) return;
  const message =
    origin === null
      ? "A writing request with the session cookie must say where it comes from, and this one has neither Origin nor Sec-Fetch-Site."
      : "A writing request with the session cookie must come from a page of this server or of a listed origin.";
  throw new Problem("cross_site_request", message);
}

const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** `none`: the person typed it or chose a bookmark. */
function isSameSite(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  return site === "same-origin" || site === "none";
}

function isTrusted(origin: string, request: Request, { corsOrigins, publicUrl }: OriginSettings): boolean {
  return origin === publicUrl?.origin || corsOrigins.includes(origin) || isOwnHost(origin, request);
}

/** By host and port, not by scheme: behind a TLS proxy the page is https and the request is not. */
function isOwnHost(origin: string, request: Request): boolean {
  const page = URL.parse(origin);
  const host = request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
  return page !== null && page.host !== "" && page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
