import type { ClaimedDelivery, Ingested, NewEvent, Payload, Store } from "../../contract.ts";
import type { IngestReply, TestReply } from "../ingest.ts";
import { entryOf } from "../log-state.ts";
import type { FrontParts } from "./front-parts.ts";

type EventVerbs = Pick<Store, "ingest" | "ingestTest" | "listEvents" | "findEvent">;

export function eventVerbs(parts: FrontParts): EventVerbs {
  const { writes, reads, leases } = parts;
  return {
    ingest: (event) => writes.write({ verb: "ingest", argument: event }, (reply) => ingested(parts, event, reply)),

    ingestTest: (event, webhook) =>
      writes.write({ verb: "ingestTest", argument: { event, webhook } }, (reply) =>
        reply === null ? null : claimedTest(parts, event, reply),
      ),

    listEvents: (tenant, { limit, before, eventType }) =>
      reads.read(
        { verb: "listEvents", argument: { tenant, limit, before, eventType: eventType ?? null } },
        (page) => page,
      ),

    findEvent(tenant, id) {
      const held = new Set(leases.all());
      return reads.read({ verb: "findEvent", argument: { tenant, id } }, (found) =>
        found === null ? null : { ...found, log: found.log.map((row) => entryOf(row, held.has(row.row))) },
      );
    },
  };
}

function ingested({ arrivals, backlog }: FrontParts, event: NewEvent, reply: IngestReply): Ingested {
  if (reply.kind !== "accepted") return reply;
  const { id, type, createdAt, apiVersion, dueAt } = event;
  for (const { key } of reply.placed) arrivals.add(key);
  backlog.changeBy(reply.placed.length);
  const bodyBytes = Buffer.byteLength(event.body);
  return {
    kind: "accepted",
    event: { row: reply.row, id, type, createdAt, apiVersion, isTest: false, deliveries: reply.placed.length },
    deliveries: reply.placed.map(({ key, webhook, id: deliveryId }) => {
      return { key, webhook, dueAt, isRetry: false, bodyBytes, payload: payloadOf(event, deliveryId) };
    }),
  };
}

function claimedTest(
  { webhooks, leases, backlog }: FrontParts,
  event: NewEvent,
  reply: TestReply,
): ClaimedDelivery | null {
  backlog.changeBy(1);
  const webhook = webhooks.learn(reply.webhook);
  const lease = leases.take(reply.key, webhook.key);
  if (lease === null) return null;
  return { ...payloadOf(event, event.firstDeliveryId), lease, webhook, attempts: 0, isTest: true };
}

function payloadOf(event: NewEvent, deliveryId: string): Payload {
  return { deliveryId, eventId: event.id, eventType: event.type, body: event.body };
}
