import type { DeliveryState } from "../../domain/delivery.ts";
import type { LogEntry } from "../contract.ts";
import type { LogRow } from "./logs.ts";

/** What the logs say of a row: in flight it is `sending`; of a deleted webhook, what still waits will never be sent. */
export function shownState(state: DeliveryState, isHeld: boolean, isWebhookDeleted: boolean): LogEntry["state"] {
  if (state !== "pending") return state;
  if (isHeld) return "sending";
  return isWebhookDeleted ? "cancelled" : "pending";
}

/** A line of the logs, with what is in flight told by `isHeld`. */
export function entryOf(row: LogRow, isHeld: boolean): LogEntry {
  const { isWebhookDeleted, dueAt, finishedAt, ...line } = row;
  const state = shownState(line.state, isHeld, isWebhookDeleted);
  return {
    ...line,
    state,
    deliveredAt: state === "delivered" ? finishedAt : null,
    nextRetryAt: state === "pending" || state === "sending" ? dueAt : null,
  };
}
