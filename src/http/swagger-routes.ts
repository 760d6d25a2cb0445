import { Problem } from "../domain/problem.ts";
import { answer, answerHeaders } from "./answer.ts";
import { openApi } from "./openapi.ts";
import type { HttpSettings } from "./parts.ts";
import { openRoute, type Route } from "./route.ts";
import { READ_ASSET, READ_DOCUMENT, READ_PAGE, READ_ROOT } from "./swagger-documents.ts";
import { SWAGGER_ASSETS, SWAGGER_PAGE, SWAGGER_POLICY } from "./swagger-page.ts";

/** The documentation of `routes` and of itself: a page for people, and the document for tools. */
export function swaggerRoutes(routes: readonly Route[], settings: Pick<HttpSettings, "version">): readonly Route[] {
  let written: Promise<string> | null = null;
  const write = (): Promise<string> => {
    written ??= openApi([...routes, ...own], settings);
    return written;
  };
  const own: readonly Route[] = [root(), page(), document(write), asset()];
  return own;
}

/** For whoever opens the address in a browser. */
function root(): Route {
  const data = { documentation: "/swagger", document: "/swagger/json" };
  return openRoute({
    method: "GET",
    path: "/",
    document: READ_ROOT,
    handle: () => answer(data, { status: 302, headers: { Location: data.documentation } }),
  });
}

/** Neither is secret, but both are another server's after an upgrade. */
const ASKED_FOR_ANEW = { "Cache-Control": "no-cache" };

function page(): Route {
  const headers = answerHeaders({
    ...ASKED_FOR_ANEW,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": SWAGGER_POLICY,
  });
  return openRoute({
    method: "GET",
    path: "/swagger",
    document: READ_PAGE,
    handle: () => ({ status: 200, content: SWAGGER_PAGE, headers }),
  });
}

function document(write: () => Promise<string>): Route {
  const headers = answerHeaders({ ...ASKED_FOR_ANEW, "Content-Type": "application/json; charset=utf-8" });
  return openRoute({
    method: "GET",
    path: "/swagger/json",
    document: READ_DOCUMENT,
    handle: async () => ({ status: 200, content: await write(), headers }),
  });
}

function asset(): Route {
  return openRoute({
    method: "GET",
    path: "/swagger/:asset",
    document: READ_ASSET,
    handle: ({ params }) => {
      const found = SWAGGER_ASSETS.get(params["asset"] ?? "");
      if (found === undefined) throw new Problem("unknown_route", "There is no route of this path.");
      const { content, contentType } = found;
      const headers = answerHeaders({ "Content-Type": contentType, "Cache-Control": "max-age=3600" });
      return { status: 200, content, headers };
    },
  });
}
