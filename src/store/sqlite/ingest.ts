import { dataOf } from "../../domain/event.ts";
import { idAfter } from "../../domain/ids.ts";
import type { DeliveryKey, EventSummary, NewEvent, RowKey, WebhookKey } from "../contract.ts";
import type { DeliveryTable, NewDelivery } from "./deliveries.ts";
import type { EventTable, StoredEvent } from "./events.ts";
import type { RowKeys } from "./row-keys.ts";
import type { Subscribers } from "./subscribers.ts";
import type { SealedWebhook, WebhookTable } from "./webhooks.ts";

/** One of an event's deliveries; what whoever sent the event knows already is not sent back. */
export interface Placed {
  readonly key: DeliveryKey;
  readonly id: string;
  readonly webhook: WebhookKey;
}

export type IngestReply =
  | { readonly kind: "accepted"; readonly row: RowKey; readonly placed: readonly Placed[] }
  | { readonly kind: "duplicate"; readonly event: EventSummary }
  | { readonly kind: "conflict" };

export interface TestEvent {
  readonly event: NewEvent;
  readonly webhook: WebhookKey;
}

export interface TestReply {
  readonly key: DeliveryKey;
  readonly webhook: SealedWebhook;
}

export interface IngestParts {
  readonly subscribers: Subscribers;
  readonly webhooks: WebhookTable;
  readonly events: EventTable;
  readonly deliveries: DeliveryTable;
  readonly keys: RowKeys;
}

/** The way in: an event and its deliveries, together. */
export class Ingest {
  readonly #subscribers: Subscribers;
  readonly #webhooks: WebhookTable;
  readonly #events: EventTable;
  readonly #deliveries: DeliveryTable;
  readonly #keys: RowKeys;

  constructor({ subscribers, webhooks, events, deliveries, keys }: IngestParts) {
    this.#subscribers = subscribers;
    this.#webhooks = webhooks;
    this.#events = events;
    this.#deliveries = deliveries;
    this.#keys = keys;
  }

  accept(event: NewEvent): IngestReply {
    const webhooks = this.#subscribers.matching(event.tenant, event.type);
    const row = this.#keys.nextEvent();
    if (!this.#events.insert(row, event, webhooks.length, false)) return this.#repeated(event);
    return { kind: "accepted", row, placed: this.#place(event, row, webhooks) };
  }

  /** Null: the webhook is gone. */
  acceptTest({ event, webhook }: TestEvent): TestReply | null {
    const sealed = this.#webhooks.byKey(webhook);
    if (sealed === null || sealed.deletedAt !== null) return null;
    const row = this.#keys.nextEvent();
    if (!this.#events.insert(row, event, 1, true)) return null;
    const key = this.#deliveries.insert(deliveryOf(event, row, event.firstDeliveryId, webhook, true));
    return { key, webhook: sealed };
  }

  #place(event: NewEvent, row: RowKey, webhooks: readonly WebhookKey[]): readonly Placed[] {
    const placed: Placed[] = [];
    let id = event.firstDeliveryId;
    for (const webhook of webhooks) {
      if (placed.length > 0) id = idAfter(id);
      placed.push({ key: this.#deliveries.insert(deliveryOf(event, row, id, webhook, false)), id, webhook });
    }
    return placed;
  }

  #repeated(event: NewEvent): IngestReply {
    const known = this.#events.find(event.tenant, event.id);
    if (known === null || !isSame(known, event)) return { kind: "conflict" };
    const { body: _body, ...summary } = known;
    return { kind: "duplicate", event: summary };
  }
}

/** The same event is one of the same type with the same bytes of `data`; when it was made, and in which version, may differ. */
function isSame(known: StoredEvent, event: NewEvent): boolean {
  return known.type === event.type && dataOf(known) === dataOf(event);
}

function deliveryOf(event: NewEvent, row: RowKey, id: string, webhook: WebhookKey, isTest: boolean): NewDelivery {
  const createdAt = Math.max(event.dueAt, event.createdAt);
  return { id, webhook, event: row, eventType: event.type, isTest, resendOf: null, createdAt, dueAt: event.dueAt };
}
