import type { Webhook } from "../../../domain/webhook.ts";
import { WEBHOOKS_CACHED_MAX } from "../../../limits.ts";
import type { WebhookKey } from "../../contract.ts";
import type { SealedWebhook } from "../webhooks.ts";
import { RecentMap } from "./recent-map.ts";
import type { WebhookSeal } from "./webhook-seal.ts";

/**
 * Webhooks as they are now, opened. It is right because it hears of every write that has committed, in the order of the writes,
 * and because nothing enters it that was not read in that order.
 */
export class WebhookMemory {
  readonly #seal: WebhookSeal;
  readonly #known = new RecentMap<WebhookKey, Webhook>(WEBHOOKS_CACHED_MAX);

  constructor(seal: WebhookSeal) {
    this.#seal = seal;
  }

  get(key: WebhookKey): Webhook | undefined {
    return this.#known.get(key);
  }

  learn(sealed: SealedWebhook): Webhook {
    const webhook = this.#seal.open(sealed);
    this.#known.set(webhook.key, webhook);
    return webhook;
  }

  forget(key: WebhookKey): void {
    this.#known.delete(key);
  }
}
