import type { Store } from "../../contract.ts";
import { unflatten } from "../attempts.ts";
import { entryOf } from "../log-state.ts";
import type { FrontParts } from "./front-parts.ts";

type LogVerbs = Pick<Store, "listLog" | "findLog" | "findLogEntry" | "resend" | "resendFailed">;

/** What is in flight is noted before the tables are read: else an attempt that ends meanwhile would show as one that waits. */
export function logVerbs({ writes, reads, leases, backlog }: FrontParts): LogVerbs {
  return {
    listLog(webhook, { status, eventType }, { limit, before }) {
      const held = leases.of(webhook);
      const filter = { status: status ?? null, eventType: eventType ?? null };
      const inFlight = new Set(held);
      return reads.read(
        { verb: "listLog", argument: { webhook, ...filter, limit, before, held } },
        ({ rows, next }) => ({
          rows: rows.map((row) => entryOf(row, inFlight.has(row.row))),
          next,
        }),
      );
    },

    findLog(webhook, deliveryId) {
      const held = new Set(leases.of(webhook));
      return reads.read({ verb: "findLog", argument: { webhook, deliveryId } }, (found) => {
        if (found === null) return null;
        const entry = entryOf(found.row, held.has(found.row.row));
        return { entry, body: found.body, attempts: found.attempts.map(unflatten) };
      });
    },

    findLogEntry(webhook, deliveryId) {
      const held = new Set(leases.of(webhook));
      return reads.read({ verb: "findLogEntry", argument: { webhook, deliveryId } }, (found) =>
        found === null ? null : entryOf(found, held.has(found.row)),
      );
    },

    resend: (webhook, deliveryId, newId, dueAt) =>
      writes.write({ verb: "resend", argument: { webhook, deliveryId, newId, dueAt } }, (delivery) => {
        if (delivery !== null) backlog.changeBy(1);
        return delivery;
      }),

    resendFailed: (webhook, range, firstNewId, dueAt) =>
      writes.write({ verb: "resendFailed", argument: { ...range, webhook, firstNewId, dueAt } }, (chunk) => {
        backlog.changeBy(chunk.deliveries.length);
        return chunk;
      }),
  };
}
