/**
 * So much of something, for all tenants. One gets more of it only as long as it does not have more than is then left: alone it
 * gets half of all, of two each a third, and however many take what they can, there is some for the next.
 */
export class FairShare {
  readonly #held = new Map<string | null, number>();
  #left: number;

  constructor(total: number) {
    this.#left = total;
  }

  /** Whether the tenant gets so much more. */
  take(tenant: string | null, amount: number): boolean {
    const held = (this.#held.get(tenant) ?? 0) + amount;
    const left = this.#left - amount;
    if (held > left) return false;
    this.#held.set(tenant, held);
    this.#left = left;
    return true;
  }

  giveBack(tenant: string | null, amount: number): void {
    const held = (this.#held.get(tenant) ?? 0) - amount;
    if (held > 0) this.#held.set(tenant, held);
    else this.#held.delete(tenant);
    this.#left += amount;
  }
}
