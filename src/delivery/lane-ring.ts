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

/**
 * All lanes: those that may start something stand in a ring and take turns, one delivery a turn, so that a webhook with a
 * long queue cannot keep the slots from the others; the rest sleep until their next delivery is due.
 */
export class LaneRing {
  readonly #cap: number;
  readonly #budget = new BufferBudget();
  readonly #lanes = new Map<WebhookKey, Lane>();
  readonly #schedule = new LaneSchedule();
  /** The lane whose turn is next stands first; one that had its turn goes to the end. */
  readonly #ring: Lane[] = [];

  /** @param cap the most requests that one webhook may have in flight */
  constructor(cap: number) {
    this.#cap = cap;
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
    const lane = new Lane(webhook, { cap: this.#cap, budget: this.#budget });
    this.#lanes.set(webhook, lane);
    return lane;
  }

  /** Something has happened to the lane: it gets a turn in the next round. */
  enter(lane: Lane): void {
    if (lane.isRinged) return;
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
    const batch: ReadyDelivery[] = [];
    const hungry: Lane[] = [];
    let turns = 0;
    for (const lane of this.#ring) {
      if (batch.length >= slots) break;
      turns += 1;
      const entry = lane.take(now);
      if (lane.wantsSeek) hungry.push(lane);
      if (entry === null) this.#rest(lane, now);
      else {
        batch.push(entry);
        this.#ring.push(lane);
      }
    }
    this.#ring.splice(0, turns);
    return { batch, hungry };
  }

  /** Lanes without work are forgotten, so that memory does not grow with the webhooks that ever were. */
  forgetIdle(): void {
    for (const [webhook, lane] of this.#lanes) if (lane.isIdle && !lane.isRinged) this.#lanes.delete(webhook);
  }

  /** Sleeps until its next delivery is due; until an event, when it is full or empty. */
  #rest(lane: Lane, now: Millis): void {
    lane.isRinged = false;
    if (lane.nextAt > now) this.#schedule.add(lane, lane.nextAt);
  }
}
