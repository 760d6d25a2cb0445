import type { Attempt } from "../../../src/domain/attempt.ts";
import { POSTHORN } from "../../../src/domain/audit.ts";
import type { Transition } from "../../../src/domain/delivery.ts";
import { wireBody } from "../../../src/domain/event.ts";
import { newId } from "../../../src/domain/ids.ts";
import type { Webhook } from "../../../src/domain/webhook.ts";
import { WEBHOOKS_PER_TENANT_MAX } from "../../../src/setting-limits.ts";
import type {
  ClaimedDelivery,
  Ingested,
  LogEntry,
  NewEvent,
  NewKey,
  NewWebhook,
  ReadyDelivery,
  Settled,
  Store,
} from "../../../src/store/contract.ts";
import type { Millis } from "../../../src/world.ts";
import { createSeededRandom } from "../../support/seeded-random.ts";

/** A store under test. */
export interface Opened extends AsyncDisposable {
  readonly store: Store;
  /** Closes it and opens the same data again; null when nothing outlives the store. */
  readonly reopen: (() => Promise<Store>) | null;
}
export type Open = () => Promise<Opened>;

/** 2024-12-30T10:00:00Z, the sample date of the specification. */
export const NOW: Millis = 1_735_552_800_000;
export const TENANT = "acme";
const API_VERSION = "2024-12-30";

type EventChanges = Partial<Omit<NewEvent, "body">> & { readonly data?: string };

/** A store, and short ways to fill it: what a test does not name is ordinary. */
export class Scene {
  readonly store: Store;
  readonly #random = createSeededRandom(1);

  constructor(store: Store) {
    this.store = store;
  }

  id(prefix: "event" | "webhook" | "delivery" | "key"): string {
    return newId(prefix, NOW, this.#random.bytes(10));
  }

  newWebhook(changes: Partial<NewWebhook> = {}): NewWebhook {
    return {
      id: this.id("webhook"),
      tenant: TENANT,
      url: "https://receiver.example/hook",
      events: ["*"],
      secret: "whsec_0123456789abcdef",
      active: true,
      description: null,
      retryScheduleMs: null,
      timeoutMs: null,
      headers: [],
      urlPassed: false,
      createdAt: NOW,
      ...changes,
    };
  }

  async webhook(changes: Partial<NewWebhook> = {}): Promise<Webhook> {
    const made = await this.store.createWebhook(this.newWebhook(changes), POSTHORN, WEBHOOKS_PER_TENANT_MAX);
    if (made === null) throw new Error("the tenant has too many webhooks");
    return made;
  }

  newEvent({ data = "{}", ...changes }: EventChanges = {}): NewEvent {
    const parts = { id: this.id("event"), type: "resume.created", createdAt: NOW, apiVersion: API_VERSION, ...changes };
    const body = wireBody(parts, data);
    return { tenant: TENANT, firstDeliveryId: this.id("delivery"), dueAt: NOW, ...parts, body };
  }

  ingest(changes: EventChanges = {}): Promise<Ingested> {
    return this.store.ingest(this.newEvent(changes));
  }

  /** The deliveries of an event that is expected to be accepted. */
  async deliveries(changes: EventChanges = {}): Promise<readonly ReadyDelivery[]> {
    const ingested = await this.ingest(changes);
    if (ingested.kind !== "accepted") throw new Error(`the event was a ${ingested.kind}`);
    return ingested.deliveries;
  }

  /** The only delivery of an event. */
  async delivery(changes: EventChanges = {}): Promise<ReadyDelivery> {
    return only(await this.deliveries(changes));
  }

  async claim(delivery: ReadyDelivery): Promise<ClaimedDelivery> {
    return only(await this.store.claim([delivery]));
  }

  /** A delivery that is in flight. */
  async claimed(changes: EventChanges = {}): Promise<ClaimedDelivery> {
    return this.claim(await this.delivery(changes));
  }

  settle(claimed: ClaimedDelivery, next: Transition, changes: Partial<Attempt> = {}): Promise<Settled> {
    const attempt = attemptOf(claimed, { ...(next.to === "delivered" ? SUCCESS : FAILURE), ...changes });
    return this.store.settle({ lease: claimed.lease, attempt, next });
  }

  /** A delivery that had one attempt and came to this. */
  async settled(
    next: Transition,
    changes: EventChanges = {},
    attempt: Partial<Attempt> = {},
  ): Promise<ClaimedDelivery> {
    const claimed = await this.claimed(changes);
    await this.settle(claimed, next, attempt);
    return claimed;
  }

  async entry(webhook: Webhook, deliveryId: string): Promise<LogEntry> {
    const detail = await this.store.findLog(webhook.key, deliveryId);
    if (detail === null) throw new Error(`${deliveryId} has no log entry`);
    return detail.entry;
  }

  newKey(changes: Partial<NewKey> = {}): NewKey {
    const hash = Buffer.from(this.#random.bytes(32)).toString("hex");
    const id = this.id("key");
    return { id, hash, name: "app", scope: "manage", tenant: TENANT, createdAt: NOW, expiresAt: null, ...changes };
  }

  tidy(changes: Partial<Parameters<Store["tidy"]>[0]> = {}) {
    return this.store.tidy({ now: NOW, before: NOW, auditBefore: 0, maxRows: 500, ...changes });
  }
}

export const DELIVERED: Transition = { to: "delivered" };
export const EXHAUSTED: Transition = { to: "failed", because: "exhausted" };
export const GONE: Transition = { to: "failed", because: "gone" };

export function retryIn(waitMs: Millis): Transition {
  return { to: "pending", dueAt: NOW + waitMs, waitMs, because: "status" };
}

const SUCCESS = { code: "success", error: null, statusCode: 200 } as const;
const FAILURE = { code: "status", error: "HTTP 500 Internal Server Error", statusCode: 500 } as const;

export function attemptOf(claimed: ClaimedDelivery, changes: Partial<Attempt> = {}): Attempt {
  return {
    ...FAILURE,
    number: claimed.attempts + 1,
    startedAt: NOW,
    durationMs: 145,
    url: claimed.webhook.url,
    signed: null,
    response: null,
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
    ...changes,
  };
}

/** @throws when there is not exactly one */
export function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one, got ${items.length}`);
  return item;
}

/** Follows a cursor from the newest row to the end. */
export async function allPages<Row>(
  read: (before: number | null) => Promise<{ readonly rows: readonly Row[]; readonly next: number | null }>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let before: number | null = null;
  do {
    const page = await read(before);
    rows.push(...page.rows);
    before = page.next;
  } while (before !== null);
  return rows;
}
