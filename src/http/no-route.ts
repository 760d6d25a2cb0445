import { Problem } from "../domain/problem.ts";
import type { Answer } from "./answer.ts";
import { preflight } from "./cors.ts";
import { nearPath } from "./near-path.ts";
import type { HttpSettings } from "./parts.ts";
import { pathOf, pathTable } from "./path-table.ts";
import type { Route } from "./route.ts";
import { shortened } from "./validation.ts";

/**
 * What is said to a request that no route takes: to `OPTIONS` of a path that exists, what the path has.
 *
 * @returns a function that throws Problem 404 or 405
 */
export function noRoute(
  routes: readonly Route[],
  settings: Pick<HttpSettings, "corsOrigins">,
): (request: Request) => Answer {
  const methodsOf = pathTable(routes);
  const near = nearPath(routes);
  return (request) => {
    if (request.method === "CONNECT") throw noProxy();
    const path = pathOf(request);
    const methods = methodsOf(path);
    if (methods.length === 0) throw unknownRoute(near(path));
    if (request.method === "OPTIONS") return preflight(request, methods, settings);
    // A path that only looks like ours, such as one with a fragment in it.
    if (methods.includes(request.method)) throw unknownRoute(null);
    throw wrongMethod(request.method, methods.join(", "));
  };
}

function unknownRoute(meant: string | null): Problem {
  const suggestion = meant === null ? "" : ` Did you mean ${shortened(meant)}?`;
  return new Problem("unknown_route", `There is no route of this path.${suggestion}`);
}

/** Bun takes what follows a CONNECT for the bytes of a tunnel: no other request would be answered on its connection. */
function noProxy(): Problem {
  return new Problem("unknown_route", "Posthorn is no proxy.", { headers: { Connection: "close" } });
}

function wrongMethod(method: string, allow: string): Problem {
  const message = `This route does not take ${method}; it takes ${allow}.`;
  return new Problem("method_not_allowed", message, { headers: { Allow: allow } });
}
