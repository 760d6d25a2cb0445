import type { Database } from "bun:sqlite";
import { subscribes } from "../../domain/webhook.ts";
import { SUBSCRIBERS_CACHED_MAX_TENANTS } from "../../limits.ts";
import type { WebhookKey } from "../contract.ts";

interface Subscriber {
  readonly key: WebhookKey;
  readonly patterns: readonly string[];
}

/**
 * Who is subscribed to what, remembered per tenant. It lives beside the only connection that writes, so it is right as long
 * as every write of a webhook, and every rollback, makes it forget.
 */
export class Subscribers {
  readonly #active;
  readonly #byTenant = new Map<string, readonly Subscriber[]>();

  constructor(db: Database) {
    this.#active = db.query<{ key: WebhookKey; events: string }, [string]>(
      "SELECT seq AS key, events FROM webhooks WHERE tenant = ? AND active = 1 ORDER BY seq",
    );
  }

  /** The tenant's active webhooks that subscribe to the type, oldest first. */
  matching(tenant: string, eventType: string): readonly WebhookKey[] {
    const keys: WebhookKey[] = [];
    for (const { key, patterns } of this.#of(tenant)) {
      if (subscribes(patterns, eventType)) keys.push(key);
    }
    return keys;
  }

  forget(tenant: string): void {
    this.#byTenant.delete(tenant);
  }

  forgetAll(): void {
    this.#byTenant.clear();
  }

  #of(tenant: string): readonly Subscriber[] {
    const known = this.#byTenant.get(tenant);
    if (known !== undefined) return known;
    const found = this.#active.all(tenant).map(({ key, events }) => ({ key, patterns: JSON.parse(events) }));
    if (this.#byTenant.size >= SUBSCRIBERS_CACHED_MAX_TENANTS) this.forgetAll();
    this.#byTenant.set(tenant, found);
    return found;
  }
}
