import { Problem } from "../domain/problem.ts";
import type { Store } from "../store/contract.ts";
import { answer, answerHeaders } from "./answer.ts";
import { HEALTH, LIVEZ, METRICS, READYZ } from "./health-documents.ts";
import type { HttpParts } from "./parts.ts";
import { type Readiness, readiness } from "./readiness.ts";
import { openRoute, type Route, route } from "./route.ts";

export interface HealthParts extends Pick<HttpParts, "clock" | "settings" | "metrics" | "health" | "now"> {
  readonly store: Pick<Store, "stats" | "probe">;
}

export function healthRoutes(parts: HealthParts): readonly Route[] {
  const isReady = readiness(parts);
  return [livez(), readyz(isReady), health(parts, isReady), metrics(parts)];
}

function livez(): Route {
  return openRoute({ method: "GET", path: "/livez", document: LIVEZ, handle: () => answer({ status: "alive" }) });
}

function readyz(whyNot: Readiness): Route {
  return openRoute({
    method: "GET",
    path: "/readyz",
    document: READYZ,
    handle: async () => {
      const reason = await whyNot();
      if (reason !== null) throw new Problem("not_ready", reason, { headers: { "Retry-After": "1" } });
      return answer({ status: "ready" });
    },
  });
}

function health({ store, settings, health: loop }: HealthParts, whyNot: Readiness): Route {
  return route({
    method: "GET",
    path: "/health",
    access: "operator",
    document: HEALTH,
    handle: async () => {
      const [reason, stats] = await Promise.all([whyNot(), store.stats()]);
      const { startedAt, inFlight } = loop();
      return answer({
        status: reason === null ? "ready" : "not_ready",
        reason,
        version: settings.version,
        started_at: new Date(startedAt).toISOString(),
        webhooks: stats.webhooks,
        pending: stats.pending,
        oldest_due_at: stats.oldestDueAt === null ? null : new Date(stats.oldestDueAt).toISOString(),
        in_flight: inFlight,
        database_bytes: stats.databaseBytes,
      });
    },
  });
}

function metrics({ store, settings, metrics: counted, health: loop, now }: HealthParts): Route {
  const headers = answerHeaders({ "Content-Type": counted.contentType, "Cache-Control": "no-store" });
  return route({
    method: "GET",
    path: "/metrics",
    access: "operator",
    document: METRICS,
    handle: async () => {
      const { webhooks, pending, oldestDueAt, databaseBytes } = await store.stats();
      const { inFlight, draining, diskIsLow, backlogIsFull } = loop();
      const text = await counted.render({
        version: settings.version,
        webhooks,
        pending,
        maxBacklog: settings.maxBacklog,
        refusals: { stopping: draining, disk: diskIsLow, backlog: backlogIsFull },
        oldestDueMs: oldestDueAt === null ? 0 : Math.max(0, now() - oldestDueAt),
        inFlight,
        databaseBytes,
        residentBytes: process.memoryUsage.rss(),
      });
      return { status: 200, content: text, headers };
    },
  });
}
