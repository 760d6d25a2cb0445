import type { DeliveryKey, Lease, WebhookKey } from "../../contract.ts";

interface Held {
  readonly token: number;
  readonly webhook: WebhookKey;
  /** Its right is used up by a settlement that is not on disk yet; nobody else gets the delivery before that. */
  readonly isSpent: boolean;
}

/**
 * Who may finish which delivery. In memory, because the lock file keeps other processes out: so a claim costs no write, and a
 * crash gives every lease back.
 */
export class Leases {
  readonly #held = new Map<DeliveryKey, Held>();
  readonly #byWebhook = new Map<WebhookKey, Set<DeliveryKey>>();
  #lastToken = 0;

  /** Null: somebody has it. */
  take(delivery: DeliveryKey, webhook: WebhookKey): Lease | null {
    if (this.#held.has(delivery)) return null;
    const token = ++this.#lastToken;
    this.#held.set(delivery, { token, webhook, isSpent: false });
    this.#of(webhook).add(delivery);
    return { delivery, token };
  }

  /** Uses the right up; the delivery stays taken until it is freed. False: the lease is not good any more. */
  spend({ delivery, token }: Lease): boolean {
    const held = this.#held.get(delivery);
    if (held === undefined || held.token !== token || held.isSpent) return false;
    this.#held.set(delivery, { ...held, isSpent: true });
    return true;
  }

  /** What the lease was spent on has not happened: it is good again. */
  restore({ delivery, token }: Lease): void {
    const held = this.#held.get(delivery);
    if (held?.token === token) this.#held.set(delivery, { ...held, isSpent: false });
  }

  free(delivery: DeliveryKey): void {
    const held = this.#held.get(delivery);
    if (held === undefined) return;
    this.#held.delete(delivery);
    const others = this.#of(held.webhook);
    others.delete(delivery);
    if (others.size === 0) this.#byWebhook.delete(held.webhook);
  }

  has(delivery: DeliveryKey): boolean {
    return this.#held.has(delivery);
  }

  all(): readonly DeliveryKey[] {
    return [...this.#held.keys()];
  }

  of(webhook: WebhookKey): readonly DeliveryKey[] {
    return [...(this.#byWebhook.get(webhook) ?? [])];
  }

  countOf(webhook: WebhookKey): number {
    return this.#byWebhook.get(webhook)?.size ?? 0;
  }

  #of(webhook: WebhookKey): Set<DeliveryKey> {
    const known = this.#byWebhook.get(webhook);
    if (known !== undefined) return known;
    const fresh = new Set<DeliveryKey>();
    this.#byWebhook.set(webhook, fresh);
    return fresh;
  }
}
