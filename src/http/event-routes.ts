import { dataOf } from "../domain/event.ts";
import { Problem } from "../domain/problem.ts";
import type { Store } from "../store/contract.ts";
import { answer, answerPage, answerVerbatim } from "./answer.ts";
import { cursorAfter, pageRequest } from "./cursor.ts";
import { LIST_EVENT_TYPES, LIST_EVENTS, POST_EVENT, READ_EVENT } from "./event-documents.ts";
import { eventInput } from "./event-input.ts";
import { EVENT_ID, EventBody, EventQuery } from "./event-schemas.ts";
import { typeProblems } from "./event-type-check.ts";
import { acceptedView, eventDetailView, eventView } from "./event-view.ts";
import { notFound } from "./found.ts";
import { refuseUnlessTaken } from "./intake.ts";
import type { HttpParts } from "./parts.ts";
import { type Route, route } from "./route.ts";

export interface EventParts
  extends Pick<HttpParts, "clock" | "random" | "settings" | "metrics" | "now" | "wake" | "health"> {
  readonly store: Pick<Store, "ingest" | "listEvents" | "findEvent">;
}

export function eventRoutes(parts: EventParts): readonly Route[] {
  return [post(parts), list(parts), read(parts), listTypes(parts)];
}

function post(parts: EventParts): Route {
  const { store, settings, metrics, wake } = parts;
  return route({
    method: "POST",
    path: "/api/events",
    access: "publish",
    body: {
      schema: EventBody,
      maxBytes: settings.maxEventBytes,
      tooLargeHint: "Put large content behind a URL in the event's data, or raise POSTHORN_MAX_EVENT_SIZE.",
      verbatim: "data",
      alsoAsks: ({ type }) => (type === undefined ? [] : typeProblems("/type", type, settings.catalogue)),
    },
    document: POST_EVENT,
    handle: async ({ request, body, members, caller }) => {
      refuseUnlessTaken(parts);
      const event = eventInput(body, members, request.headers, caller.tenant, parts);
      const ingested = await store.ingest(event);
      if (ingested.kind === "conflict") throw idTaken(event.id);
      if (ingested.kind === "duplicate") {
        metrics.eventRepeated();
        return answer({ ...acceptedView(ingested.event), duplicate: true }, { status: 202 });
      }
      metrics.eventAccepted(ingested.deliveries.length);
      wake(ingested.deliveries);
      return answer(acceptedView(ingested.event), { status: 202 });
    },
  });
}

function idTaken(id: string): Problem {
  return new Problem("event_id_taken", `There is another event of the id ${id}, with another type or other data.`);
}

function list({ store }: EventParts): Route {
  return route({
    method: "GET",
    path: "/api/events",
    access: "read",
    query: EventQuery,
    document: LIST_EVENTS,
    handle: async ({ query, caller }) => {
      const { event_type: eventType } = query;
      const identity = ["events", caller.tenant, eventType];
      const filter = { ...pageRequest(query, identity), ...(eventType !== undefined && { eventType }) };
      const page = await store.listEvents(caller.tenant, filter);
      return answerPage(page.rows.map(eventView), cursorAfter(page, identity));
    },
  });
}

function read({ store }: EventParts): Route {
  return route({
    method: "GET",
    path: "/api/events/:id",
    access: "read",
    document: READ_EVENT,
    handle: async ({ params, caller }) => {
      const id = params["id"] ?? "";
      const event = EVENT_ID.test(id) ? await store.findEvent(caller.tenant, id) : null;
      if (event === null) throw notFound("event");
      return answerVerbatim(eventDetailView(event), { name: "data", json: dataOf(event) });
    },
  });
}

function listTypes({ settings }: EventParts): Route {
  const types = settings.catalogue === "any" ? [] : settings.catalogue;
  return route({
    method: "GET",
    path: "/api/event-types",
    access: "read",
    document: LIST_EVENT_TYPES,
    handle: () => answerPage(types, null),
  });
}
