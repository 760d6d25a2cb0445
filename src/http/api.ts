import { Elysia } from "elysia";
import { newId } from "../domain/ids.ts";
import { Problem } from "../domain/problem.ts";
import { createGate } from "./auth.ts";
import { allowOrigin, preflight } from "./cors.ts";
import { problemOf, problemResponse } from "./errors.ts";
import { type NearPath, nearPath } from "./near-path.ts";
import type { HttpParts } from "./parts.ts";
import { type PathTable, pathTable } from "./path-table.ts";
import type { Params, Route } from "./route.ts";
import { apiRoutes } from "./routes.ts";
import { shortened } from "./validation.ts";

/** The API, still without a socket. */
export interface Api {
  /** Answers every request with a response that has an `X-Request-Id`; never rejects. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
}

/** What a slow answer asks of the socket it will be written to. */
export interface Connection {
  timeout(request: Request, seconds: number): void;
}

/** One request on its way through. */
interface Exchange {
  readonly requestId: string;
  readonly connection: Connection | undefined;
}

export function createApi(parts: HttpParts): Api {
  const routes = apiRoutes(parts);
  const methodsOf = pathTable(routes);
  const exchanges = new WeakMap<Request, Exchange>();
  const handle = createApp(parts, routes, methodsOf, exchanges);
  return {
    fetch: async (request, connection) => {
      const requestId = newId("req", parts.clock.wall(), parts.random.bytes(10));
      exchanges.set(request, { requestId, connection });
      const methods = request.method === "OPTIONS" ? methodsOf(pathOf(request)) : [];
      const response = methods.length > 0 ? preflight(request, methods, parts.settings) : await handle(request);
      return finished(response, request, requestId, parts);
    },
  };
}

/** Elysia finds the route; reading and judging the request is the route's own matter. */
function createApp(
  parts: HttpParts,
  routes: readonly Route[],
  methodsOf: PathTable,
  exchanges: WeakMap<Request, Exchange>,
) {
  const gate = createGate(parts);
  const serve = (route: Route, request: Request, params: Params) => {
    const { answerSeconds } = route;
    if (answerSeconds !== undefined) exchanges.get(request)?.connection?.timeout(request, answerSeconds);
    return route.serve(request, params, gate);
  };
  const near = nearPath(routes);
  // Elysia takes it for granted that a host has four characters or a port, and finds no path after a shorter one.
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } }).onError(
    ({ error, code, request }) => {
      const { requestId = "" } = exchanges.get(request) ?? {};
      const problem = code === "NOT_FOUND" ? unrouted(request, methodsOf, near) : problemOf(error);
      if (problem.code === "internal_error") {
        parts.report({ error, requestId, method: request.method, path: pathOf(request) });
      }
      return problemResponse(problem, requestId);
    },
  );
  for (const route of routes) {
    app.route(route.method, route.path, ({ request, params }) => serve(route, request, params));
  }
  return app.fetch;
}

function unrouted(request: Request, methodsOf: PathTable, near: NearPath): Problem {
  const path = pathOf(request);
  const methods = methodsOf(path);
  if (methods.length === 0) return unknownRoute(near(path));
  // A path that only looks like ours, such as one with a fragment in it.
  if (methods.includes(request.method)) return unknownRoute(null);
  const allow = methods.join(", ");
  const message = `This route does not take ${request.method}; it takes ${allow}.`;
  return new Problem("method_not_allowed", message, { headers: { Allow: allow } });
}

function unknownRoute(meant: string | null): Problem {
  const suggestion = meant === null ? "" : ` Did you mean ${shortened(meant)}?`;
  return new Problem("unknown_route", `There is no route of this path.${suggestion}`);
}

function pathOf(request: Request): string {
  return URL.parse(request.url)?.pathname ?? "/";
}

function finished(response: Response, request: Request, requestId: string, parts: HttpParts): Response {
  const { headers } = response;
  headers.set("X-Request-Id", requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  allowOrigin(headers, request, parts.settings);
  parts.metrics.requestAnswered(request.method, response.status);
  return response;
}
