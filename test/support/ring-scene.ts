import { expect } from "bun:test";
import { LaneRing, type LaneRingOptions } from "../../src/delivery/lane-ring.ts";
import { STANDING, STANDINGS, type Standing } from "../../src/delivery/standing.ts";
import { SHARES, SOUGHT_BODY_MAX_BYTES } from "../../src/limits.ts";
import type { ReadyDelivery, WebhookKey } from "../../src/store/contract.ts";
import type { Millis } from "../../src/world.ts";

export interface Given {
  readonly webhook: WebhookKey;
  readonly bodyBytes?: number;
  readonly isRetry?: boolean;
  readonly dueAt?: Millis;
}

interface Flight {
  readonly entry: ReadyDelivery;
  readonly standing: Standing;
}

const DURATION_OF: Record<Standing, Millis> = { 0: 10, 1: 10, 2: 2_000, 3: 30_000 };
const FRESH_WEBHOOKS = 1_000;

/** The lanes of a loop, without store and sender: what is taken is in flight until the test ends it. */
export class RingScene {
  readonly #ring: LaneRing;
  readonly #options: LaneRingOptions;
  readonly #flights: Flight[] = [];
  #now: Millis = 0;
  #keys = 0;
  #taken = 0;

  constructor(options: LaneRingOptions) {
    this.#options = options;
    this.#ring = new LaneRing(options);
  }

  /** What was offered and not taken yet. */
  get waiting(): number {
    return this.#keys - this.#taken;
  }

  /** The webhooks of what is in flight, the first that was taken first. */
  get inFlight(): readonly WebhookKey[] {
    return this.#flights.map(({ entry }) => entry.webhook);
  }

  lastTaken(): ReadyDelivery | undefined {
    return this.#flights.at(-1)?.entry;
  }

  offer({ webhook, bodyBytes = 100, isRetry = false, dueAt = 0 }: Given): void {
    const lane = this.#ring.lane(webhook);
    lane.offer({ key: ++this.#keys, webhook, bodyBytes, isRetry, dueAt });
    this.#ring.enter(lane);
  }

  hold(webhook: WebhookKey, forMs: Millis): void {
    this.#ring.lane(webhook).hold(this.#now + forMs);
  }

  /** One round, in which no share may be exceeded. */
  turns(afterMs: Millis): void {
    this.#now += afterMs;
    const { batch } = this.#ring.takeTurns(this.#now, this.#options.slots - this.#flights.length);
    for (const entry of batch) this.#flights.push({ entry, standing: this.#ring.lane(entry.webhook).standing });
    this.#taken += batch.length;
    expect(this.#flights.length).toBeLessThanOrEqual(this.#options.slots);
    this.#expectShares(this.#options.slots, () => 1);
    this.#expectShares(this.#options.longBodyBytes, (entry) => this.#longBytes(entry));
  }

  /** Something in flight ends, if there is anything. */
  end(which: number, durationMs: Millis, holdMs: Millis = 0): void {
    const [flight] = this.#flights.splice(which % Math.max(1, this.#flights.length), 1);
    if (flight === undefined) return;
    const { entry } = flight;
    const lane = this.#ring.lane(entry.webhook);
    if (holdMs > 0) lane.hold(this.#now + holdMs);
    const outcome = { kind: "success", status: 200 } as const;
    lane.free(entry, { outcome, durationMs });
    lane.forget(entry);
    this.#ring.freed(entry);
    this.#ring.enter(lane);
  }

  /** Ends all that is in flight, one by one, with a round behind each: whatever is offered is due by then. */
  drain(durationMs: Millis): void {
    this.turns(1_000);
    while (this.#flights.length > 0) {
      this.end(0, durationMs);
      this.turns(0);
    }
  }

  /** Makes receivers of a standing. */
  make(standing: Standing, { from, count }: { readonly from: WebhookKey; readonly count: number }): void {
    for (let webhook = from; webhook < from + count; webhook++) this.offer({ webhook });
    this.drain(DURATION_OF[standing]);
  }

  /** Receivers that nobody knows find all that is theirs. */
  expectAllGivenBack(): void {
    const { slots } = this.#options;
    const theirs = slots - Math.floor(slots / SHARES);
    for (let n = 1; n <= slots; n++) this.offer({ webhook: FRESH_WEBHOOKS + n, dueAt: this.#now });
    this.turns(0);
    expect(this.#flights).toHaveLength(theirs);
    this.drain(DURATION_OF[STANDING.quick]);
    for (let n = 1; n <= slots; n++) {
      this.offer({ webhook: 2 * FRESH_WEBHOOKS + n, dueAt: this.#now, bodyBytes: this.#options.longBodyBytes });
    }
    this.turns(0);
    expect(this.#flights).toHaveLength(Math.min(theirs, SHARES - 1));
  }

  #expectShares(total: number, amountOf: (entry: ReadyDelivery) => number): void {
    const part = Math.floor(total / SHARES);
    for (const standing of STANDINGS) {
      const worse = this.#flights.filter((flight) => flight.standing >= standing);
      const used = worse.reduce((sum, { entry }) => sum + amountOf(entry), 0);
      expect(used).toBeLessThanOrEqual(total - standing * part);
    }
  }

  #longBytes({ bodyBytes }: ReadyDelivery): number {
    const part = Math.floor(this.#options.longBodyBytes / SHARES);
    return bodyBytes > SOUGHT_BODY_MAX_BYTES ? Math.min(bodyBytes, part) : 0;
  }
}
