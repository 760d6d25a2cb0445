import type { Outcome } from "../domain/attempt.ts";
import { LANE_BUFFER_MAX, SEEK_BATCH, SEEK_BATCH_WHEN_SPENT } from "../limits.ts";
import type { DeliveryKey, ReadyDelivery, Seek, Store, WebhookKey } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import type { BufferBudget } from "./buffer-budget.ts";
import { DueQueue } from "./due-queue.ts";
import { SendWindow } from "./send-window.ts";
import type { Standing } from "./standing.ts";

export interface LaneOptions {
  /** The most requests that it may have in flight. */
  readonly cap: number;
  readonly budget: BufferBudget;
  /** What is known of its receiver already. */
  readonly standing?: Standing;
}

/** One webhook's queue: what is in flight, what waits, when it is next due. It never asks a clock and never sends. */
export class Lane {
  readonly webhook: WebhookKey;
  /** True while the dispatcher has it in its ring. */
  isRinged = false;
  /** Its standing when it found no room; null: it does not wait for any. */
  waitsAs: Standing | null = null;
  /** When the schedule will look at it, the soonest time last. */
  readonly appointments: Millis[] = [];

  readonly #budget: BufferBudget;
  readonly #window: SendWindow;
  readonly #firsts = new DueQueue();
  readonly #retries = new DueQueue();
  /** Buffered, in flight or not settled yet: whatever the table says of them is old news. */
  readonly #known = new Set<DeliveryKey>();
  #firstsInFlight = 0;
  #retriesInFlight = 0;
  #lastTaken: "first" | "retry" = "retry";
  #holdUntil: Millis = 0;
  #seeking = false;
  /** Announced while the table is asked; of a delivery, what was told last. */
  readonly #arrivals = new Map<DeliveryKey, ReadyDelivery>();

  constructor(webhook: WebhookKey, { cap, budget, standing }: LaneOptions) {
    this.webhook = webhook;
    this.#window = new SendWindow(cap, standing);
    this.#budget = budget;
  }

  get standing(): Standing {
    return this.#window.standing;
  }

  get inFlight(): number {
    return this.#firstsInFlight + this.#retriesInFlight;
  }

  /** Whether nothing would be lost if the lane were forgotten. */
  get isIdle(): boolean {
    return this.#known.size === 0 && !this.#seeking && !this.#firsts.isBehind && !this.#retries.isBehind;
  }

  get wantsSeek(): boolean {
    return !this.#seeking && (this.#firsts.wantsSeek || this.#retries.wantsSeek);
  }

  /** When the next buffered delivery may start, by its due time and the lane's rest; infinity when none is buffered. */
  get nextAt(): Millis {
    return Math.max(this.#holdUntil, Math.min(this.#firsts.nextDueAt, this.#retries.nextDueAt));
  }

  /** Takes in a delivery that the store announced, or leaves it to the table when there is no room. */
  offer(entry: ReadyDelivery): void {
    if (this.#known.has(entry.key)) return;
    if (this.#seeking) {
      this.#arrivals.set(entry.key, entry);
      return;
    }
    const queue = this.#queueOf(entry);
    if (!queue.accepts(entry.dueAt)) return;
    if (this.#budget.isSpent) queue.leaveOut(entry.dueAt);
    else this.#buffer(queue, entry);
  }

  /** The table may know more than this lane: the next look goes there. */
  distrust(): void {
    this.#firsts.distrust();
    this.#retries.distrust();
  }

  /** Rests until `until`: the receiver asked for it. */
  hold(until: Millis): void {
    this.#holdUntil = Math.max(this.#holdUntil, until);
  }

  /** The next delivery to start now, or null. It counts as in flight from here on. */
  take(now: Millis): ReadyDelivery | null {
    if (now < this.#holdUntil || this.inFlight >= this.#window.size) return null;
    const entry = this.#choose(now);
    if (entry === null) return null;
    this.#budget.dismiss(entry);
    this.#lastTaken = entry.isRetry ? "retry" : "first";
    if (entry.isRetry) this.#retriesInFlight += 1;
    else this.#firstsInFlight += 1;
    return entry;
  }

  /** There was no room for what `take` gave: it waits as before, and it is still the turn of its kind. */
  putBack(entry: ReadyDelivery): void {
    this.free(entry);
    this.#lastTaken = entry.isRetry ? "first" : "retry";
    this.#buffer(this.#queueOf(entry), entry);
  }

  /** The slot is free again; the delivery itself stays known until it is settled. */
  free(entry: ReadyDelivery, learnt?: { readonly outcome: Outcome; readonly durationMs: Millis }): void {
    if (entry.isRetry) this.#retriesInFlight -= 1;
    else this.#firstsInFlight -= 1;
    if (learnt !== undefined) this.#window.adjust(learnt.outcome, learnt.durationMs);
  }

  /** The delivery is settled, or was not to be had: what the table says of it counts again. */
  forget(entry: ReadyDelivery): void {
    this.#known.delete(entry.key);
    this.#arrivals.delete(entry.key);
  }

  /** Fills up from the table. Rejects as the seek does, and then knows that the table has to be asked again. */
  async refill(store: Pick<Store, "seek">): Promise<void> {
    this.#seeking = true;
    try {
      await Promise.all([this.#seek(store, this.#firsts, false), this.#seek(store, this.#retries, true)]);
    } catch (error) {
      this.distrust();
      throw error;
    } finally {
      this.#seeking = false;
      for (const entry of this.#arrivals.values()) this.offer(entry);
      this.#arrivals.clear();
    }
  }

  async #seek(store: Pick<Store, "seek">, queue: DueQueue, isRetry: boolean): Promise<void> {
    if (!queue.wantsSeek) return;
    queue.beginSeek();
    const batch = this.#budget.isSpent ? SEEK_BATCH_WHEN_SPENT : SEEK_BATCH;
    const limit = Math.min(LANE_BUFFER_MAX, queue.size + batch);
    const found = await this.#ask(store, { webhook: this.webhook, isRetry, limit }, queue.isLow);
    const isAll = found.length < limit;
    queue.trustUpTo(isAll ? Number.POSITIVE_INFINITY : (found.at(-1)?.dueAt ?? 0));
    // Nothing else is left: its webhook is off, or it was cancelled.
    if (isAll) this.#drop(queue.keepOnly(new Set(found.map(({ key }) => key))));
    for (const entry of found) if (!this.#known.has(entry.key)) this.#buffer(queue, entry);
  }

  /** Bodies come along when most of what is found will be new, and would be kept. */
  async #ask(store: Pick<Store, "seek">, seek: Seek, isMostlyNew: boolean): Promise<readonly ReadyDelivery[]> {
    const withBodies = !seek.isRetry && isMostlyNew && this.#budget.reserve(seek.limit);
    try {
      return await store.seek({ ...seek, keysOnly: !withBodies });
    } finally {
      if (withBodies) this.#budget.giveBack(seek.limit);
    }
  }

  #buffer(queue: DueQueue, entry: ReadyDelivery): void {
    this.#known.add(entry.key);
    queue.push(this.#budget.admit(entry));
    if (queue.isOverfull) this.#drop(queue.shed());
  }

  /** Leaves to the table what a queue has let go of. */
  #drop(entries: readonly ReadyDelivery[]): void {
    for (const entry of entries) {
      this.#known.delete(entry.key);
      this.#budget.dismiss(entry);
    }
  }

  /** When both kinds are due, first attempts get their quarter and the retries the rest; a single slot alternates. */
  #choose(now: Millis): ReadyDelivery | null {
    const firstGoes =
      this.#window.size === 1 ? this.#lastTaken === "retry" : this.#firstsInFlight < this.#window.reservedForFirst;
    return firstGoes
      ? (this.#firsts.takeDue(now) ?? this.#retries.takeDue(now))
      : (this.#retries.takeDue(now) ?? this.#firsts.takeDue(now));
  }

  #queueOf(entry: ReadyDelivery): DueQueue {
    return entry.isRetry ? this.#retries : this.#firsts;
  }
}
