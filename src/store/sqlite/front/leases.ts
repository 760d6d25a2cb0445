import type { DeliveryKey, Lease, WebhookKey } from "../../contract.ts";

interface Held extends Lease {
  readonly webhook: WebhookKey;
  /** Its right is used up by a settlement that is not on disk yet; nobody else gets the delivery before that. */
  isSpent: boolean;
}

/**
 * Who may finish which delivery. In memory, because the lock file keeps other processes out: so a claim costs no write, and a
 * crash gives every lease back.
 */
export class Leases {
  readonly #held = new Map<DeliveryKey, Held>();
  readonly #counts = new Map<WebhookKey, number>();
  #lastToken = 0;

  /** Null: somebody has it. */
  take(delivery: DeliveryKey, webhook: WebhookKey): Lease | null {
    if (this.#held.has(delivery)) return null;
    const held: Held = { delivery, token: ++this.#lastToken, webhook, isSpent: false };
    this.#held.set(delivery, held);
    this.#counts.set(webhook, this.countOf(webhook) + 1);
    return held;
  }

  /** Uses the right up; the delivery stays taken until it is freed. Gives its webhook; null: the lease is not good any more. */
  spend({ delivery, token }: Lease): WebhookKey | null {
    const held = this.#held.get(delivery);
    if (held === undefined || held.token !== token || held.isSpent) return null;
    held.isSpent = true;
    return held.webhook;
  }

  /** What the lease was spent on has not happened: it is good again. */
  restore({ delivery, token }: Lease): void {
    const held = this.#held.get(delivery);
    if (held?.token === token) held.isSpent = false;
  }

  free(delivery: DeliveryKey): void {
    const held = this.#held.get(delivery);
    if (held === undefined) return;
    this.#held.delete(delivery);
    const others = this.countOf(held.webhook) - 1;
    if (others > 0) this.#counts.set(held.webhook, others);
    else this.#counts.delete(held.webhook);
  }

  has(delivery: DeliveryKey): boolean {
    return this.#held.has(delivery);
  }

  all(): readonly DeliveryKey[] {
    return [...this.#held.keys()];
  }

  /** Looks at all that are held: whoever reads the logs asks for it, and no delivery does. */
  of(webhook: WebhookKey): readonly DeliveryKey[] {
    return [...this.#held.values()].filter((held) => held.webhook === webhook).map(({ delivery }) => delivery);
  }

  countOf(webhook: WebhookKey): number {
    return this.#counts.get(webhook) ?? 0;
  }
}
