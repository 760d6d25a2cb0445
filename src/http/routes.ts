import { auditRoutes } from "./audit-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { logRoutes } from "./log-routes.ts";
import type { HttpParts } from "./parts.ts";
import { resendRoutes } from "./resend-routes.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./session-routes.ts";
import { swaggerRoutes } from "./swagger-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";
import { webhookTestRoute } from "./webhook-test-route.ts";

/** The whole API, in the order in which the documentation shows it. */
export function apiRoutes(parts: HttpParts): readonly Route[] {
  const routes = [
    ...webhookRoutes(parts),
    webhookTestRoute(parts),
    ...logRoutes(parts),
    ...resendRoutes(parts),
    ...eventRoutes(parts),
    ...keyRoutes(parts),
    ...sessionRoutes(parts),
    ...auditRoutes(parts),
    ...healthRoutes(parts),
  ];
  return [...routes, ...swaggerRoutes(routes, parts.settings)];
}
