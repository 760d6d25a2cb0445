import { Elysia } from "elysia";
import { createGate } from "./auth.ts";
import type { Connection } from "./connection.ts";
import { noRoute } from "./no-route.ts";
import type { HttpParts } from "./parts.ts";
import { wholeUrl } from "./path-table.ts";
import { createResponder } from "./responder.ts";
import type { Params, Route } from "./route.ts";
import { apiRoutes } from "./routes.ts";
import { staticRoutes } from "./static-routes.ts";

/** The API, still without a socket. */
export interface Api {
  /** Answers every request with a response that has an `X-Request-Id`; never rejects. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
}

/** Carries out a request whose route is found. */
type Serve = (route: Route, request: Request, params: Params, connection?: Connection) => Promise<Response>;

/** A path without places is looked up; only for the others is there a router to be paid for. */
export function createApi(parts: HttpParts): Api {
  const routes = apiRoutes(parts);
  const gate = createGate(parts);
  const respond = createResponder(parts);
  const refuse = noRoute(routes, parts.settings);
  const serve: Serve = (route, request, params, connection) =>
    respond(
      request,
      (requestId) => {
        if (route.answerSeconds !== undefined) connection?.timeout(request, route.answerSeconds);
        return route.serve(request, params, gate, requestId);
      },
      route.access,
      connection,
    );
  const find = staticRoutes(routes);
  const handle = createRouter(routes, serve, (request, error) =>
    respond(
      request,
      () => {
        if (error === null) return refuse(request);
        throw error;
      },
      "open",
    ),
  );
  return {
    fetch: (request, connection) => {
      const route = find(request.method, request.url);
      return route === undefined ? handle(request, connection) : serve(route, request, NO_PLACES, connection);
    },
  };
}

const NO_PLACES: Params = {};

/** Elysia finds the route; reading and judging the request is the route's own matter. */
function createRouter(
  routes: readonly Route[],
  serve: Serve,
  refuse: (request: Request, error: unknown) => Promise<Response>,
): (request: Request, connection?: Connection) => Promise<Response> {
  const arrivals = new WeakMap<Request, Arrival>();
  const arrivalOf = (sought: Request): Arrival => arrivals.get(sought) ?? { request: sought };
  // Elysia takes it for granted that a host has four characters or a port, and finds no path after a shorter one.
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } }).onError(
    ({ error, code, request }) => refuse(arrivalOf(request).request, code === "NOT_FOUND" ? null : error),
  );
  for (const route of routes) {
    app.route(route.method, route.path, ({ request: sought, params }) => {
      const { request, connection } = arrivalOf(sought);
      return serve(route, request, params, connection);
    });
  }
  return async (request, connection) => {
    const url = wholeUrl(request);
    // Elysia finds no path in a URL without a host. It is asked with one, and what came is served.
    const sought = url === request.url ? request : new Request(url, { method: request.method });
    arrivals.set(sought, { request, connection });
    return app.fetch(sought);
  };
}

/** A request, and what it came by. */
interface Arrival {
  readonly request: Request;
  readonly connection?: Connection | undefined;
}
