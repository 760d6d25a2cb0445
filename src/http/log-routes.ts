import type { Store } from "../store/contract.ts";
import { answerPage, answerVerbatim } from "./answer.ts";
import { historyView } from "./attempt-view.ts";
import { cursorAfter, pageRequest } from "./cursor.ts";
import { idIn, notFound, webhookIn } from "./found.ts";
import { LIST_LOGS, READ_LOG } from "./log-documents.ts";
import { logEntryView } from "./log-entry-view.ts";
import { LogQuery } from "./log-schemas.ts";
import type { HttpParts } from "./parts.ts";
import { type Route, route } from "./route.ts";

export interface LogParts extends Pick<HttpParts, "settings"> {
  readonly store: Pick<Store, "findWebhook" | "listLog" | "findLog">;
}

export function logRoutes(parts: LogParts): readonly Route[] {
  return [list(parts), read(parts)];
}

const DELETED_TOO = { deletedToo: true };

function list({ store }: LogParts): Route {
  return route({
    method: "GET",
    path: "/api/webhooks/:id/logs",
    access: "read",
    query: LogQuery,
    document: LIST_LOGS,
    handle: async ({ params, query, caller }) => {
      const webhook = await webhookIn(params, caller, store, DELETED_TOO);
      const { status, event_type: eventType } = query;
      const identity = ["logs", webhook.id, status, eventType];
      const filter = { ...(status !== undefined && { status }), ...(eventType !== undefined && { eventType }) };
      const page = await store.listLog(webhook.key, filter, pageRequest(query, identity));
      return answerPage(page.rows.map(logEntryView), cursorAfter(page, identity));
    },
  });
}

function read({ store, settings }: LogParts): Route {
  return route({
    method: "GET",
    path: "/api/webhooks/:id/logs/:delivery_id",
    access: "read",
    document: READ_LOG,
    handle: async ({ params, caller }) => {
      const webhook = await webhookIn(params, caller, store, DELETED_TOO);
      const detail = await store.findLog(webhook.key, idIn(params, "delivery_id", "delivery"));
      if (detail === null) throw notFound("delivery");
      const history = historyView(detail, settings);
      return answerVerbatim({ ...logEntryView(detail.entry), history }, { name: "event", json: detail.body });
    },
  });
}
