import { QUICK_REMEMBERED_MAX, SOUGHT_BODY_MAX_BYTES } from "../limits.ts";
import type { LaneStart, ReadyDelivery, WebhookKey } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { Lane } from "./lane.ts";
import { LaneSchedule } from "./lane-schedule.ts";
import { Shares } from "./shares.ts";
import { STANDING, type Standing } from "./standing.ts";
import { WaitingLanes } from "./waiting-lanes.ts";

/** What one round over the lanes gave: deliveries to start, and lanes that have to ask the table. */
export interface Turns {
  readonly batch: readonly ReadyDelivery[];
  /** One that had several turns stands here as often. */
  readonly hungry: readonly Lane[];
}

export interface LaneRingOptions {
  /** The most requests that one webhook may have in flight. */
  readonly cap: number;
  /** The most requests that all of them may have in flight. */
  readonly slots: number;
  /** The most bytes of long bodies that these may hold. */
  readonly longBodyBytes: number;
}

/**
 * All lanes: those that may start something stand in a ring and take turns, one delivery a turn, so that a webhook with a
 * long queue cannot keep the slots from the others; the rest sleep until their next delivery is due. The worse a receiver has
 * kept its slots, the fewer there are for it, and the less room for long bodies: those that hang, however many, leave some to the
 * others.
 */
export class LaneRing {
  readonly #cap: number;
  readonly #slots: Shares;
  readonly #longBodies: Shares;
  readonly #budget = new BufferBudget();
  readonly #lanes = new Map<WebhookKey, Lane>();
  readonly #schedule = new LaneSchedule();
  /** The lane whose turn is next stands first; one that had its turn goes to the end. */
  readonly #ring: Lane[] = [];
  readonly #forSlot: WaitingLanes;
  readonly #forLongBody: WaitingLanes;
  /** What is in flight and counts in the shares, by the standing of its lane when it started. */
  readonly #counted = new Map<ReadyDelivery, Standing>();
  /** Forgotten lanes whose receiver was quick. */
  readonly #remembered = new Set<WebhookKey>();

  constructor({ cap, slots, longBodyBytes }: LaneRingOptions) {
    this.#cap = cap;
    this.#slots = new Shares(slots);
    this.#longBodies = new Shares(longBodyBytes);
    this.#forSlot = new WaitingLanes(this.#slots);
    this.#forLongBody = new WaitingLanes(this.#longBodies);
  }

  get buffered(): number {
    return this.#budget.deliveries;
  }

  /** When the next sleeping lane wakes. */
  get nextAt(): Millis {
    return this.#schedule.nextAt;
  }

  /** @param unknown the standing of a lane of which nothing is remembered */
  lane(webhook: WebhookKey, unknown: Standing = STANDING.new): Lane {
    const existing = this.#lanes.get(webhook);
    if (existing !== undefined) return existing;
    const standing = this.#remembered.delete(webhook) ? STANDING.quick : unknown;
    const lane = new Lane(webhook, { cap: this.#cap, budget: this.#budget, standing });
    this.#lanes.set(webhook, lane);
    return lane;
  }

  /** The table has work for the lane; where some of it has failed before, its receiver is not new. */
  find({ webhook, nextDueAt, hasRetries }: LaneStart): void {
    this.lane(webhook, hasRetries ? STANDING.slow : STANDING.new);
    this.distrust(webhook, nextDueAt);
  }

  /** Something has happened to the lane: it gets a turn in the next round. */
  enter(lane: Lane): void {
    if (lane.isRinged && !this.#waitsAsWorse(lane)) return;
    lane.isRinged = true;
    this.#ring.push(lane);
  }

  /** The lane gets a turn at `at`, and asks the table then. */
  distrust(webhook: WebhookKey, at: Millis): void {
    const lane = this.lane(webhook);
    lane.distrust();
    this.#schedule.add(lane, at);
  }

  /** Lets the lanes take turns as long as there is a slot; those that have waited for room and have it now come first. */
  takeTurns(now: Millis, slots: number): Turns {
    for (const lane of this.#schedule.takeDue(now)) this.enter(lane);
    const batch: ReadyDelivery[] = [];
    const hungry: Lane[] = [];
    let turns = 0;
    while (batch.length < slots) {
      const forBody = this.#forLongBody.next(this.#hasSlot);
      const called = forBody ?? this.#forSlot.next();
      const lane = called ?? this.#ring[turns];
      if (lane === undefined) break;
      if (called === null) turns += 1;
      if (!this.#hasSlot(lane.standing)) {
        this.#forSlot.add(lane, 1);
        continue;
      }
      const entry = lane.take(now);
      if (lane.wantsSeek) hungry.push(lane);
      if (entry === null) this.#rest(lane, now);
      else if (this.#isTooLong(entry, lane, lane === forBody)) {
        lane.putBack(entry);
        this.#forLongBody.add(lane, this.#longBytes(entry));
      } else {
        batch.push(entry);
        this.#count(entry, lane.standing);
        this.#ring.push(lane);
      }
    }
    this.#ring.splice(0, turns);
    return { batch, hungry };
  }

  /** A delivery that a turn gave has left its slot. */
  freed(entry: ReadyDelivery): void {
    const standing = this.#counted.get(entry);
    if (standing === undefined) return;
    this.#counted.delete(entry);
    this.#slots.giveBack(standing, 1);
    this.#longBodies.giveBack(standing, this.#longBytes(entry));
  }

  /** Lanes without work are forgotten, so that memory does not grow with the webhooks that ever were. */
  forgetIdle(): void {
    for (const [webhook, lane] of this.#lanes) {
      if (!lane.isIdle || lane.isRinged) continue;
      this.#lanes.delete(webhook);
      if (lane.standing === STANDING.quick) this.#remember(webhook);
    }
  }

  /** Beyond the limit the oldest is not remembered. */
  #remember(webhook: WebhookKey): void {
    this.#remembered.add(webhook);
    const [oldest] = this.#remembered;
    if (this.#remembered.size > QUICK_REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** Whether it waits among lanes that stand worse than it does by now; then it waits no longer. */
  #waitsAsWorse(lane: Lane): boolean {
    if (lane.waitsAs === null || lane.waitsAs <= lane.standing) return false;
    return this.#forSlot.remove(lane) || this.#forLongBody.remove(lane);
  }

  /** What is short and goes to a quick receiver takes whichever slot is free. */
  readonly #hasSlot = (standing: Standing): boolean => standing === STANDING.quick || this.#slots.room(standing) >= 1;

  /** @param isNext of those that wait for room, it is the one whose turn it is */
  #isTooLong(entry: ReadyDelivery, { standing }: Lane, isNext: boolean): boolean {
    const bytes = this.#longBytes(entry);
    if (bytes === 0) return false;
    return bytes > this.#longBodies.room(standing) || (!isNext && this.#forLongBody.isLine(standing));
  }

  /** What is short and goes to a quick receiver need not be counted. */
  #count(entry: ReadyDelivery, standing: Standing): void {
    const bytes = this.#longBytes(entry);
    if (standing === STANDING.quick && bytes === 0) return;
    this.#counted.set(entry, standing);
    this.#slots.take(standing, 1);
    this.#longBodies.take(standing, bytes);
  }

  /** As many as the smallest share has at most, so that there is room for everything one day. */
  #longBytes({ bodyBytes }: ReadyDelivery): number {
    return bodyBytes > SOUGHT_BODY_MAX_BYTES ? Math.min(bodyBytes, this.#longBodies.part) : 0;
  }

  /** Sleeps until its next delivery is due; until an event, when it is full or empty. */
  #rest(lane: Lane, now: Millis): void {
    lane.isRinged = false;
    if (lane.nextAt > now) this.#schedule.add(lane, lane.nextAt);
  }
}
