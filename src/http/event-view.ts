import { wholeSeconds } from "../domain/event.ts";
import type { EventDetail, EventSummary, LogEntry } from "../store/contract.ts";
import { logEntryView } from "./log-entry-view.ts";

/** What the answer to a post says of an event, the first time and every time after. */
export function acceptedView(event: EventSummary) {
  const { id, type, createdAt, apiVersion, deliveries } = event;
  return { id, type, created: wholeSeconds(createdAt), api_version: apiVersion, deliveries };
}

/** An event as lists show it. */
export function eventView(event: EventSummary) {
  return { ...acceptedView(event), ...mark(event) };
}

/** An event with its deliveries, but without its data: that is spliced in by the bytes. */
export function eventDetailView(event: EventDetail) {
  const { deliveries: _, ...fields } = eventView(event);
  return { ...fields, deliveries: event.log.map(deliveryView) };
}

/** An entry of the logs, where no path says whose it is. */
function deliveryView(entry: LogEntry) {
  const { id, ...others } = logEntryView(entry);
  return { id, webhook_id: entry.webhookId, ...others };
}

function mark({ isTest }: EventSummary) {
  return isTest ? { test: true } : {};
}
