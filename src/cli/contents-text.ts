import type { Contents } from "../store/sqlite/inspection.ts";

/** What a backup holds, without the point at the end. */
export function contentsText({ webhooks, events, deliveries, pending, attempts, keys }: Contents): string {
  return `Webhooks: ${webhooks}, events: ${events}, deliveries: ${deliveries} (pending: ${pending}), attempts: ${attempts}, API keys: ${keys}`;
}
