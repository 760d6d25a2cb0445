import { QUICK_REMEMBERED_MAX } from "../limits.ts";
import type { ReadyDelivery, WebhookKey } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { Lane } from "./lane.ts";
import { LaneSchedule } from "./lane-schedule.ts";

/** What one round over the lanes gave: deliveries to start, and lanes that have to ask the table. */
export interface Turns {
  readonly batch: readonly ReadyDelivery[];
  /** One that had several turns stands here as often. */
  readonly hungry: readonly Lane[];
}

export interface LaneRingOptions {
  /** The most requests that one webhook may have in flight. */
  readonly cap: number;
  /** The most requests in flight of all lanes whose receiver is not known to be quick. */
  readonly unsureMax: number;
}

/**
 * All lanes: those that may start something stand in a ring and take turns, one delivery a turn, so that a webhook with a
 * long queue cannot keep the slots from the others; the rest sleep until their next delivery is due. Those whose receiver was
 * not quick the last time, or was never asked, can have a part of the slots only, so that receivers that hang, however many,
 * leave some to the others.
 */
export class LaneRing {
  readonly #options: LaneRingOptions;
  readonly #budget = new BufferBudget();
  readonly #lanes = new Map<WebhookKey, Lane>();
  readonly #schedule = new LaneSchedule();
  /** The lane whose turn is next stands first; one that had its turn goes to the end. */
  readonly #ring: Lane[] = [];
  /** Lanes of the ring that may not start anything while so many requests of their kind are in flight; they come first then. */
  readonly #patient = new Set<Lane>();
  /** In flight, and not known to end soon. */
  readonly #unsure = new Set<ReadyDelivery>();
  /** Forgotten lanes whose receiver was quick. */
  readonly #remembered = new Set<WebhookKey>();

  constructor(options: LaneRingOptions) {
    this.#options = options;
  }

  get buffered(): number {
    return this.#budget.deliveries;
  }

  /** When the next sleeping lane wakes. */
  get nextAt(): Millis {
    return this.#schedule.nextAt;
  }

  lane(webhook: WebhookKey): Lane {
    const existing = this.#lanes.get(webhook);
    if (existing !== undefined) return existing;
    const isQuick = this.#remembered.delete(webhook);
    const lane = new Lane(webhook, { cap: this.#options.cap, budget: this.#budget, isQuick });
    this.#lanes.set(webhook, lane);
    return lane;
  }

  /** Something has happened to the lane: it gets a turn in the next round. */
  enter(lane: Lane): void {
    const isHeldBack = lane.isQuick && this.#patient.delete(lane);
    if (lane.isRinged && !isHeldBack) return;
    lane.isRinged = true;
    this.#ring.push(lane);
  }

  /** The lane gets a turn at `at`, and asks the table then. */
  distrust(webhook: WebhookKey, at: Millis): void {
    const lane = this.lane(webhook);
    lane.distrust();
    this.#schedule.add(lane, at);
  }

  /** Lets the lanes take turns as long as there is a slot. */
  takeTurns(now: Millis, slots: number): Turns {
    for (const lane of this.#schedule.takeDue(now)) this.enter(lane);
    if (this.#hasRoomForUnsure) this.#recallPatient();
    const batch: ReadyDelivery[] = [];
    const hungry: Lane[] = [];
    let turns = 0;
    for (const lane of this.#ring) {
      if (batch.length >= slots) break;
      turns += 1;
      if (!lane.isQuick && !this.#hasRoomForUnsure) {
        this.#patient.add(lane);
        continue;
      }
      const entry = lane.take(now);
      if (lane.wantsSeek) hungry.push(lane);
      if (entry === null) this.#rest(lane, now);
      else {
        batch.push(entry);
        if (!lane.isQuick) this.#unsure.add(entry);
        this.#ring.push(lane);
      }
    }
    this.#ring.splice(0, turns);
    return { batch, hungry };
  }

  /** A delivery that a turn gave has left its slot. */
  freed(entry: ReadyDelivery): void {
    this.#unsure.delete(entry);
  }

  /** Lanes without work are forgotten, so that memory does not grow with the webhooks that ever were. */
  forgetIdle(): void {
    for (const [webhook, lane] of this.#lanes) {
      if (!lane.isIdle || lane.isRinged) continue;
      this.#lanes.delete(webhook);
      if (lane.isQuick) this.#remember(webhook);
    }
  }

  /** Beyond the limit the oldest is not remembered. */
  #remember(webhook: WebhookKey): void {
    this.#remembered.add(webhook);
    const [oldest] = this.#remembered;
    if (this.#remembered.size > QUICK_REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
  }

  get #hasRoomForUnsure(): boolean {
    return this.#unsure.size < this.#options.unsureMax;
  }

  #recallPatient(): void {
    if (this.#patient.size === 0) return;
    this.#ring.unshift(...this.#patient);
    this.#patient.clear();
  }

  /** Sleeps until its next delivery is due; until an event, when it is full or empty. */
  #rest(lane: Lane, now: Millis): void {
    lane.isRinged = false;
    if (lane.nextAt > now) this.#schedule.add(lane, lane.nextAt);
  }
}
