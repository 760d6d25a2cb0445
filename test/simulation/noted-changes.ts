import type { AuditParts } from "./audit.ts";
import type { NotedChange } from "./tables.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

/** Whether the audit log tells, change by change, how each webhook came to be what it is. */
export function compareNotes({ books, judge, tables }: AuditParts): void {
  const notes = Map.groupBy(tables.notedChanges(), ({ webhook, field }) => `${webhook} ${field}`);
  for (const webhook of books.webhooks.values()) {
    for (const [field, value] of factsOf(webhook)) {
      const changes = notes.get(`${webhook.id} ${field}`) ?? [];
      const isTold = isChain(changes) && changes.at(-1)?.to === value;
      judge.expect("noted", isTold, () => `${webhook.id} has the ${field} ${value} after ${JSON.stringify(changes)}`);
    }
  }
}

/** A deleted one is off, which its end tells and no change. */
function factsOf({ now, isDeleted }: WebhookEntry): readonly (readonly [field: string, value: string])[] {
  const active = ["active", String(Number(now.active))] as const;
  return [["url", now.url], ...(isDeleted ? [] : [active])];
}

/** Oldest first, each begins where the one before ended, and the first with nothing. */
function isChain(changes: readonly NotedChange[]): boolean {
  return changes.every(({ from }, at) => from === (changes[at - 1]?.to ?? null));
}
