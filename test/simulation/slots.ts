import { SHARES } from "../../src/limits.ts";
import type { Clock, Millis } from "../../src/world.ts";
import type { Judge } from "./judge.ts";

export interface SlotLimits {
  readonly total: number;
  readonly perWebhook: number;
}

interface Lane {
  inFlight: number;
  /** Its receiver asked for a rest until then, and when it did: engine time. */
  restUntil: Millis;
  restsSince: Millis;
  /** When an attempt started or ended last, by the monotonic clock. */
  stirredAt: number;
}

/** An attempt whose claim is under way when the rest begins is not called back. */
const CLAIM_MAX_MS = 1_000;

/** The requests that one process has in flight, tests aside: how many, and which webhook could have more. */
export class Slots {
  readonly #lanes = new Map<number, Lane>();
  readonly #parts: { readonly judge: Judge; readonly clock: Clock; readonly limits: SlotLimits };
  #total = 0;
  /** Up to so many in flight there is a slot for everybody; the rest is for webhooks whose receiver has not hung the last time. */
  readonly #sharedMax: number;
  /** When there was no slot for everybody last, by the monotonic clock. */
  #saturatedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: { readonly judge: Judge; readonly clock: Clock; readonly limits: SlotLimits }) {
    this.#parts = parts;
    const { total } = parts.limits;
    this.#sharedMax = total - (SHARES - 1) * Math.floor(total / SHARES);
  }

  take(webhook: number, now: Millis): void {
    const { judge, limits } = this.#parts;
    const { restUntil, restsSince } = this.#lane(webhook);
    const isResting = now < restUntil && now > restsSince + CLAIM_MAX_MS;
    judge.expect("rest", !isResting, () => `webhook ${webhook} rests until ${restUntil}, it is ${now}`);
    const inFlight = this.#stir(webhook, 1);
    judge.expect("limits", inFlight <= limits.perWebhook, () => `${inFlight} in flight to one webhook`);
    judge.expect("limits", this.#total <= limits.total, () => `${this.#total} in flight`);
  }

  free(webhook: number): void {
    this.#stir(webhook, -1);
  }

  rest(webhook: number, since: Millis, restMs: Millis): void {
    const lane = this.#lane(webhook);
    if (since >= lane.restUntil) lane.restsSince = since;
    lane.restUntil = Math.max(lane.restUntil, since + restMs);
  }

  /** Since when the webhook could have started something, by the monotonic clock; null: it cannot now. */
  idleSince(webhook: number, now: Millis): number | null {
    const { clock } = this.#parts;
    const { inFlight, restUntil, stirredAt } = this.#lane(webhook);
    if (inFlight > 0 || this.#total >= this.#sharedMax) return null;
    return Math.max(clock.monotonic() + restUntil - now, this.#saturatedAt, stirredAt);
  }

  #stir(webhook: number, step: 1 | -1): number {
    const { clock } = this.#parts;
    const lane = this.#lane(webhook);
    lane.inFlight += step;
    lane.stirredAt = clock.monotonic();
    if (Math.max(this.#total, this.#total + step) >= this.#sharedMax) this.#saturatedAt = lane.stirredAt;
    this.#total += step;
    return lane.inFlight;
  }

  #lane(webhook: number): Lane {
    const known = this.#lanes.get(webhook);
    if (known !== undefined) return known;
    const fresh = { inFlight: 0, restUntil: 0, restsSince: 0, stirredAt: Number.NEGATIVE_INFINITY };
    this.#lanes.set(webhook, fresh);
    return fresh;
  }
}
