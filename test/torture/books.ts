import assert from "node:assert/strict";
import type { KeptDelivery, KeptState } from "../support/kept-state.ts";
import { AGED } from "./aged-rows.ts";
import { Spread } from "./spread.ts";
import { mayTake, mustTake, type Subscriber } from "./subscription.ts";

interface PostedEvent {
  readonly type: string;
  readonly from: number;
  /** When the last request that posted it had ended, with an answer or without. */
  to: number;
  isAcknowledged: boolean;
  /** What went out first: every other request has to be the same. */
  body: string | null;
  /** Its deliveries that are final, by webhook: each may be pruned, the others may take longer. */
  readonly finished: Map<string, string>;
}

interface Sending {
  received: number;
  /** Of the last request, its number and when it was answered: infinity while it is not. */
  number: number;
  answeredAt: number;
  /** Requests that left no attempt row, each of them cut off by a kill. */
  unaccounted: number;
}

const NOTHING_SENT: Sending = { received: 0, number: 0, answeredAt: Number.POSITIVE_INFINITY, unaccounted: 0 };

/** Who posts, who receives and what is kept write down here what they see; every disagreement is thrown. */
export class Books {
  readonly #retryMax: number;
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #events = new Map<string, PostedEvent>();
  readonly #sendings = new Map<string, Sending>();
  readonly #finishedEvents = new Set<string>();
  readonly #finishedDeliveries = new Set<string>();
  readonly counts = { posted: 0, acknowledged: 0, requests: 0, repeated: 0, cutOff: 0, finishedDeliveries: 0 };
  /** How long before a kill a request was answered that was cut off all the same: its outcome was not on the disk yet. */
  readonly unsettledMs = new Spread();

  constructor({ retryMax }: { readonly retryMax: number }) {
    this.#retryMax = retryMax;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.set(subscriber.id, subscriber);
  }

  // ── What is seen ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** An event is posted, for the first time or again; the answer is to be called with whether a 202 was read. */
  posting(id: string, type: string): (isAcknowledged: boolean) => void {
    const event = this.#events.get(id) ?? this.#newEvent(id, type);
    event.to = Number.POSITIVE_INFINITY;
    return (isAcknowledged) => {
      event.to = performance.now();
      if (isAcknowledged && !event.isAcknowledged) this.counts.acknowledged += 1;
      event.isAcknowledged ||= isAcknowledged;
    };
  }

  /** @param number of the attempt, from 1 */
  received(delivery: string, number: number, body: string): void {
    const { id }: { id: string } = JSON.parse(body);
    assert(!this.#finishedDeliveries.has(delivery), `${delivery} was sent again after it was final on the disk`);
    const event = this.#events.get(id);
    assert(event !== undefined, `${id} was sent and never posted, or is long finished`);
    event.body ??= body;
    assert.equal(body, event.body, `${id} was sent with other bytes than before`);
    const { received, number: last, unaccounted } = this.#sendings.get(delivery) ?? NOTHING_SENT;
    assert(number === last || number === last + 1, `${delivery} was sent with number ${number} after ${last}`);
    this.#sendings.set(delivery, { received: received + 1, number, answeredAt: Number.POSITIVE_INFINITY, unaccounted });
    this.counts.requests += 1;
    if (number === last) this.counts.repeated += 1;
  }

  answered(delivery: string): void {
    const sending = this.#sendings.get(delivery);
    if (sending !== undefined) sending.answeredAt = performance.now();
  }

  // ── What is kept ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Compares with what a process left on the disk when it died; what is finished there may be pruned from now on. Returns the
   * deliveries that are to be sent again: their request was out, it left no attempt row, and nobody wants their webhook removed.
   *
   * @param diedAt of `performance.now()`
   */
  died(kept: KeptState, diedAt = performance.now()): readonly string[] {
    assert.deepEqual(kept.damage, [], "the database is damaged");
    const deliveriesByEvent = Map.groupBy(kept.deliveries, ({ event }) => event);
    for (const [id, event] of this.#events) this.#audit(id, event, kept, deliveriesByEvent.get(id) ?? []);
    const unknown = [...kept.events.keys()].filter((id) => !this.#isKnown(id));
    assert.deepEqual(unknown, [], "stored and never posted");
    const pending = kept.deliveries.filter(({ state }) => state === "pending");
    const cutOff = pending.filter((row) => this.#wasCutOff(row, diedAt));
    return cutOff.filter(({ webhook }) => !this.#isRemoved(webhook)).map(({ id }) => id);
  }

  /** Nothing may be left over when all was given its time, and nothing was sent twice that no kill had cut off. */
  closed(): void {
    const { repeated, cutOff } = this.counts;
    assert(repeated <= cutOff, `${repeated} requests were sent again, and only ${cutOff} were cut off`);
    const open = [...this.#events].filter(([, { isAcknowledged, body }]) => isAcknowledged || body !== null);
    assert.deepEqual(open, [], "acknowledged and not finished");
  }

  #isKnown(id: string): boolean {
    return this.#events.has(id) || this.#finishedEvents.has(id) || id.startsWith(AGED);
  }

  #newEvent(id: string, type: string): PostedEvent {
    const event = { type, from: performance.now(), to: 0, isAcknowledged: false, body: null, finished: new Map() };
    assert(!this.#finishedEvents.has(id), `${id} is posted again although it was acknowledged`);
    this.#events.set(id, event);
    this.counts.posted += 1;
    return event;
  }

  #audit(id: string, event: PostedEvent, kept: KeptState, deliveries: readonly KeptDelivery[]): void {
    if (!kept.events.has(id)) {
      assert(!event.isAcknowledged, `${id} was acknowledged and is lost`);
      assert(event.body === null, `${id} was sent and is not stored`);
      return;
    }
    const found = new Map(event.finished);
    for (const delivery of deliveries) {
      const other = found.get(delivery.webhook) ?? delivery.id;
      assert.equal(other, delivery.id, `${id} has two deliveries to one webhook`);
      found.set(delivery.webhook, delivery.id);
    }
    for (const subscriber of this.#subscribers.values()) {
      const isThere = found.has(subscriber.id);
      assert(isThere || !mustTake(subscriber, event.type, event), `${id} has no delivery to ${subscriber.id}`);
      assert(!isThere || mayTake(subscriber, event.type, event), `${id} has a delivery to ${subscriber.id}`);
    }
    for (const delivery of deliveries) this.#auditDelivery(delivery, event);
    if (event.finished.size === found.size && event.isAcknowledged) {
      this.#events.delete(id);
      this.#finishedEvents.add(id);
    }
  }

  #auditDelivery(delivery: KeptDelivery, event: PostedEvent): void {
    const { id, webhook, state, attempts, dueAt } = delivery;
    if (this.#finishedDeliveries.has(id)) return;
    const subscriber = this.#subscribers.get(webhook);
    assert(subscriber !== undefined, `${id} is for a webhook that nobody made`);
    const { end } = subscriber.subscription;
    if (state === "pending") {
      const isLegal = dueAt !== null && attempts <= this.#retryMax;
      assert(isLegal, `${id} is pending, due at ${dueAt}, after ${attempts} attempts`);
      return;
    }
    if (state === "cancelled") assert(this.#isRemoved(webhook), `${id} was cancelled, and nobody removed its webhook`);
    else assert.deepEqual({ state, attempts }, end, `${id} ended otherwise than its receiver answered`);
    this.#strikeOff(delivery, event);
  }

  #isRemoved(webhook: string): boolean {
    return (this.#subscribers.get(webhook)?.removalAskedAt ?? 0) < Number.POSITIVE_INFINITY;
  }

  /** A kill can leave one request of a delivery without a row; a final delivery has one for each request since. */
  #wasCutOff({ id, attemptRows }: KeptDelivery, diedAt: number): boolean {
    assert(!this.#finishedDeliveries.has(id), `${id} is pending again after it was final`);
    const sending = this.#sendings.get(id);
    if (sending === undefined) return false;
    const surplus = sending.received - attemptRows - sending.unaccounted;
    assert(surplus === 0 || surplus === 1, `${id} was sent ${sending.received} times for ${attemptRows} attempts`);
    sending.unaccounted += surplus;
    if (surplus === 0) return false;
    this.counts.cutOff += 1;
    this.unsettledMs.add(Math.max(0, diedAt - sending.answeredAt));
    return true;
  }

  #strikeOff({ id, webhook, attemptRows }: KeptDelivery, event: PostedEvent): void {
    const { received, unaccounted } = this.#sendings.get(id) ?? NOTHING_SENT;
    assert.equal(received - unaccounted, attemptRows, `${id}: requests and attempt rows differ`);
    this.#sendings.delete(id);
    this.#finishedDeliveries.add(id);
    this.counts.finishedDeliveries += 1;
    event.finished.set(webhook, id);
  }
}
