import type { DeliveryState } from "../../src/domain/delivery.ts";
import type { Millis } from "../../src/world.ts";
import type { WebhookEntry } from "./webhook-entry.ts";

/** An event as it was committed. */
export interface EventEntry {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly body: string;
  /** Webhooks that matched, by key. */
  readonly matched: ReadonlySet<number>;
  readonly isTest: boolean;
  readonly createdAt: Millis;
  /** How many of its deliveries are in the table. */
  deliveries: number;
}

/** A pause that has to be kept. */
export interface Pause {
  /** By the monotonic clock. */
  readonly since: number;
  readonly leastMs: Millis;
  /** How far starts of processes had moved engine time forward before. */
  readonly leapsMs: Millis;
}

/** A delivery as the commits made it. */
export interface DeliveryEntry {
  readonly key: number;
  readonly id: string;
  readonly webhook: WebhookEntry;
  readonly event: EventEntry;
  readonly isTest: boolean;
  readonly resendOf: string | null;
  readonly createdAt: Millis;
  state: DeliveryState;
  because: string | null;
  /** Counted ones. */
  attempts: number;
  /** Attempt rows that do not count: interrupted, or of a stale lease. */
  strays: number;
  dueAt: Millis | null;
  waitMs: Millis;
  finishedAt: Millis | null;
  pause: Pause | null;
  /** Nobody has told the process of it that runs now, which finds it by its poll. */
  isUnannounced: boolean;
}

/** What the commits so far have made: written from the commands alone, never from the product's own memory. */
export class Books {
  readonly webhooks = new Map<number, WebhookEntry>();
  readonly events = new Map<string, EventEntry>();
  readonly deliveries = new Map<number, DeliveryEntry>();
  /** By webhook. */
  readonly #pending = new Map<number, Set<DeliveryEntry>>();
  /** Deliveries that the step under way has changed. */
  readonly touched = new Set<DeliveryEntry>();
  readonly touchedWebhooks = new Set<WebhookEntry>();
  /** How far starts of processes have moved engine time forward so far: then what waits comes sooner. */
  leapsMs = 0;

  add(entry: DeliveryEntry): void {
    this.deliveries.set(entry.key, entry);
    entry.event.deliveries += 1;
    this.#pendingOf(entry.webhook.key).add(entry);
    this.touched.add(entry);
  }

  finish(entry: DeliveryEntry, state: DeliveryState, because: string | null, finishedAt: Millis): void {
    const finished = Math.max(finishedAt, entry.createdAt);
    Object.assign(entry, { state, because, dueAt: null, waitMs: 0, finishedAt: finished, pause: null });
    this.#pendingOf(entry.webhook.key).delete(entry);
    this.touched.add(entry);
  }

  /** Cancelled by housekeeping: the wait that was asked last stays in the row. */
  cancel(entry: DeliveryEntry, because: string, now: Millis): void {
    const { waitMs } = entry;
    this.finish(entry, "cancelled", because, now);
    entry.waitMs = waitMs;
  }

  remove(entry: DeliveryEntry): void {
    this.deliveries.delete(entry.key);
    this.touched.delete(entry);
    this.#pendingOf(entry.webhook.key).delete(entry);
    entry.event.deliveries -= 1;
    if (entry.event.deliveries === 0) this.events.delete(entry.event.id);
  }

  /** Tests included. */
  pendingOf(webhook: WebhookEntry): Iterable<DeliveryEntry> {
    return this.#pendingOf(webhook.key);
  }

  get allPending(): readonly DeliveryEntry[] {
    return [...this.#pending.values()].flatMap((entries) => [...entries]);
  }

  /** @throws Error when the store speaks of a webhook that was never made */
  webhook(key: number): WebhookEntry {
    const webhook = this.webhooks.get(key);
    if (webhook === undefined) throw new Error(`there is no webhook ${key}`);
    return webhook;
  }

  #pendingOf(webhook: number): Set<DeliveryEntry> {
    const known = this.#pending.get(webhook);
    if (known !== undefined) return known;
    const fresh = new Set<DeliveryEntry>();
    this.#pending.set(webhook, fresh);
    return fresh;
  }
}
