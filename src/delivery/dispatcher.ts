import { DESCRIPTORS_WAIT_MS, LONG_BODIES_MAX_BYTES, POLL_MS, SHARES, UNSETTLED_MAX } from "../limits.ts";
import type { Log } from "../log.ts";
import type { ClaimedDelivery, DeliveryKey, LaneStart, ReadyDelivery, Store, WebhookKey } from "../store/contract.ts";
import type { Clock, Millis } from "../world.ts";
import { Alarm } from "./alarm.ts";
import type { Lane } from "./lane.ts";
import { LaneRing } from "./lane-ring.ts";
import type { Delivered, Response, Sender } from "./sender.ts";

export interface DispatcherParts {
  readonly store: Pick<Store, "lanes" | "seek" | "claim">;
  readonly sender: Pick<Sender, "deliver">;
  readonly clock: Pick<Clock, "after" | "soon">;
  /** Engine time. */
  readonly now: () => Millis;
  readonly log: Log;
  readonly concurrency: number;
  readonly concurrencyPerWebhook: number;
  readonly maxEventBytes: number;
}

export interface DispatcherFacts {
  readonly inFlight: number;
  readonly unsettled: number;
  readonly buffered: number;
  /** When the table was last asked for due work: how `/readyz` knows that the loop is alive. */
  readonly polledAt: Millis;
}

/** The loop: free slots → due work → start sends → rest. Wake-ups make it quick; the poll makes it true. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #ring: LaneRing;
  readonly #alarm: Alarm;
  #cancelPoll: () => void = () => {};
  #polledAt: Millis = 0;
  #inFlight = 0;
  #unsettled = 0;
  #isPumpDue = false;
  #isStopping = false;
  readonly #quiet = Promise.withResolvers<void>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { concurrency: slots, concurrencyPerWebhook: cap, maxEventBytes } = parts;
    const longBodyBytes = Math.max(LONG_BODIES_MAX_BYTES, SHARES * maxEventBytes);
    this.#ring = new LaneRing({ cap, slots, longBodyBytes });
    this.#alarm = new Alarm({ clock: parts.clock, now: parts.now, ring: () => this.#pumpSoon() });
  }

  /** Begins, with what an earlier process left pending (`recover` of the store). */
  start(found: readonly LaneStart[]): void {
    for (const lane of found) this.#find(lane);
    this.#polledAt = this.#parts.now();
    this.#armPoll();
  }

  /** New deliveries, straight from the commit that stored them. Only a hint: what is not offered is found by the poll. */
  offer(deliveries: readonly ReadyDelivery[]): void {
    if (this.#isStopping) return;
    for (const entry of deliveries) {
      const lane = this.#ring.lane(entry.webhook);
      lane.offer(entry);
      this.#look(lane);
    }
  }

  /** Something about the webhook has changed (turned on, say): its lane asks the table. */
  recheck(webhook: WebhookKey): void {
    this.#distrust(webhook, this.#parts.now());
  }

  /**
   * Starts nothing more. Resolves when what is in flight has ended, by itself or cut off by the sender's `abort`, and all is
   * settled.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.clear();
    this.#cancelPoll();
    this.#noticeQuiet();
    await this.#quiet.promise;
  }

  facts(): DispatcherFacts {
    const buffered = this.#ring.buffered;
    return { inFlight: this.#inFlight, unsettled: this.#unsettled, buffered, polledAt: this.#polledAt };
  }

  // ── Starting sends ────────────────────────────────────────────────────────────────────────────────────────────────

  #look(lane: Lane): void {
    this.#ring.enter(lane);
    this.#pumpSoon();
  }

  #find(lane: LaneStart): void {
    if (this.#isStopping) return;
    this.#ring.find(lane);
    this.#lookAt(lane.nextDueAt);
  }

  #distrust(webhook: WebhookKey, at: Millis): void {
    if (this.#isStopping) return;
    this.#ring.distrust(webhook, at);
    this.#lookAt(at);
  }

  #lookAt(at: Millis): void {
    if (at <= this.#parts.now()) this.#pumpSoon();
    else this.#alarm.setBy(at);
  }

  /** Once per turn of the event loop at most: what happens in one turn is started together. */
  #pumpSoon(): void {
    if (this.#isPumpDue || this.#isStopping) return;
    this.#isPumpDue = true;
    this.#parts.clock.soon(() => {
      this.#isPumpDue = false;
      if (!this.#isStopping) this.#pump();
    });
  }

  #pump(): void {
    const { batch, hungry } = this.#ring.takeTurns(this.#parts.now(), this.#freeSlots());
    for (const lane of hungry) if (lane.wantsSeek) void this.#refill(lane);
    if (batch.length > 0) void this.#start(batch);
    this.#alarm.setBy(this.#ring.nextAt);
  }

  #freeSlots(): number {
    return this.#unsettled < UNSETTLED_MAX ? this.#parts.concurrency - this.#inFlight : 0;
  }

  async #refill(lane: Lane): Promise<void> {
    try {
      await lane.refill(this.#parts.store);
      this.#look(lane);
    } catch (error) {
      this.#parts.log.warn("the store could not be asked for due work; it is asked again", { error: String(error) });
      this.#distrust(lane.webhook, this.#parts.now() + POLL_MS);
    }
  }

  /** When the store cannot be asked, the deliveries stay in the table, and are found there again. */
  async #start(batch: readonly ReadyDelivery[]): Promise<void> {
    this.#inFlight += batch.length;
    const claimed = new Map<DeliveryKey, ClaimedDelivery>();
    let isUnclear = false;
    try {
      for (const delivery of await this.#parts.store.claim(batch)) claimed.set(delivery.lease.delivery, delivery);
    } catch (error) {
      isUnclear = true;
      this.#parts.log.warn("deliveries could not be claimed; they are tried again", { error: String(error) });
    }
    for (const entry of batch) {
      const lane = this.#ring.lane(entry.webhook);
      const delivery = claimed.get(entry.key);
      if (delivery !== undefined) void this.#run(lane, entry, delivery);
      else this.#drop(lane, entry, isUnclear);
    }
  }

  /** It was not to be had; `isUnclear`: because the store failed, so the lane rests and then asks the table. */
  #drop(lane: Lane, entry: ReadyDelivery, isUnclear: boolean): void {
    lane.forget(entry);
    lane.free(entry);
    if (isUnclear) {
      lane.hold(this.#parts.now() + POLL_MS);
      this.#distrust(lane.webhook, this.#parts.now() + POLL_MS);
    }
    this.#freed(lane, entry);
  }

  async #run(lane: Lane, entry: ReadyDelivery, delivery: ClaimedDelivery): Promise<void> {
    let hasResponded = false;
    const respond = (response: Response) => {
      hasResponded = true;
      this.#responded(lane, entry, response);
    };
    let delivered: Delivered | null = null;
    try {
      delivered = await this.#parts.sender.deliver(delivery, respond);
    } catch (error) {
      // Where nothing may go wrong: it is told, the slot is given back, and the table knows what is true.
      this.#parts.log.error("an outcome could not be written", { delivery: delivery.deliveryId, error: String(error) });
      if (!hasResponded) respond({ holdMs: 0 });
    }
    this.#settled(lane, entry, delivered);
  }

  #settled(lane: Lane, entry: ReadyDelivery, delivered: Delivered | null): void {
    lane.forget(entry);
    if (delivered?.kind === "kept" && delivered.dueAt !== null) {
      const { key, webhook, bodyBytes } = entry;
      lane.offer({ key, webhook, bodyBytes, dueAt: delivered.dueAt, isRetry: true });
    }
    if (delivered?.kind === "unsent") this.#distrust(lane.webhook, this.#parts.now() + DESCRIPTORS_WAIT_MS);
    this.#unsettled -= 1;
    this.#look(lane);
    this.#noticeQuiet();
  }

  #responded(lane: Lane, entry: ReadyDelivery, { learnt, holdMs }: Response): void {
    this.#unsettled += 1;
    if (holdMs > 0) lane.hold(this.#parts.now() + holdMs);
    lane.free(entry, learnt);
    this.#freed(lane, entry);
  }

  #freed(lane: Lane, entry: ReadyDelivery): void {
    this.#inFlight -= 1;
    this.#ring.freed(entry);
    this.#look(lane);
    this.#noticeQuiet();
  }

  // ── The poll ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #armPoll(): void {
    this.#cancelPoll = this.#parts.clock.after(POLL_MS, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    try {
      const now = this.#parts.now();
      for (const lane of await this.#parts.store.lanes()) if (lane.nextDueAt <= now + POLL_MS) this.#find(lane);
      this.#ring.forgetIdle();
      this.#polledAt = now;
    } catch (error) {
      this.#parts.log.warn("the poll failed; it is tried again", { error: String(error) });
    }
    if (!this.#isStopping) this.#armPoll();
  }

  // ── Stopping ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #noticeQuiet(): void {
    if (this.#isStopping && this.#inFlight === 0 && this.#unsettled === 0) this.#quiet.resolve();
  }
}
