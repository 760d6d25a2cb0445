import { TIDY_BYTES_PER_ROW } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import type { DeliveryKey, WebhookKey } from "../contract.ts";

export interface TidyOptions {
  readonly now: Millis;
  readonly before: Millis;
  readonly auditBefore: Millis;
  readonly maxRows: number;
  /** Deliveries that are in flight: their own outcome decides. */
  readonly held: readonly DeliveryKey[];
}

/** How far one chunk of tidying has come, and what the front has to hear of it. */
export class TidyChunk {
  readonly options: TidyOptions;
  readonly cancelled: DeliveryKey[] = [];
  readonly webhooks: WebhookKey[] = [];
  rows = 0;
  readonly #held: ReadonlySet<DeliveryKey>;
  #left: number;

  constructor(options: TidyOptions) {
    this.options = options;
    this.#held = new Set(options.held);
    this.#left = options.maxRows;
  }

  /** Rows that may still be taken. */
  get left(): number {
    return Math.max(0, Math.ceil(this.#left));
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  isHeld(key: DeliveryKey): boolean {
    return this.#held.has(key);
  }

  /** Large rows use the chunk up sooner, because freeing their pages is what takes time. */
  took(rows: number, bytes = 0): void {
    this.rows += rows;
    this.#left -= rows + bytes / TIDY_BYTES_PER_ROW;
  }

  cancels(key: DeliveryKey): void {
    this.cancelled.push(key);
    this.took(1);
  }

  removes(webhook: WebhookKey): void {
    this.webhooks.push(webhook);
    this.took(1);
  }
}
