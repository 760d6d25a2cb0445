import type { Arrivals } from "./arrivals.ts";
import type { Backlog } from "./backlog.ts";
import type { Credentials } from "./credentials.ts";
import type { Leases } from "./leases.ts";
import type { ReadQueue } from "./read-queue.ts";
import type { WebhookMemory } from "./webhook-memory.ts";
import type { WebhookSeal } from "./webhook-seal.ts";
import type { WriteQueue } from "./write-queue.ts";

/** What the verbs of the store have in common: two ways to the database, and what the main thread keeps in memory. */
export interface FrontParts {
  readonly writes: WriteQueue;
  readonly reads: ReadQueue;
  readonly seal: WebhookSeal;
  readonly webhooks: WebhookMemory;
  readonly leases: Leases;
  readonly arrivals: Arrivals;
  readonly credentials: Credentials;
  readonly backlog: Backlog;
}
