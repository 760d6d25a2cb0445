import type { Webhook } from "../../../domain/webhook.ts";
import { WEBHOOKS_CACHED_MAX } from "../../../limits.ts";
import type { WebhookKey } from "../../contract.ts";
import type { SealedWebhook } from "../webhooks.ts";
import { RecentMap } from "./recent-map.ts";
import type { WebhookSeal } from "./webhook-seal.ts";

interface Known {
  readonly sealed: SealedWebhook;
  readonly webhook: Webhook;
}

/**
 * Webhooks as they are now, opened. It is right because it hears of every write that has committed, in the order of the writes,
 * and because nothing enters it that was not read in that order.
 */
export class WebhookMemory {
  readonly #seal: WebhookSeal;
  readonly #known = new RecentMap<WebhookKey, Known>(WEBHOOKS_CACHED_MAX);

  constructor(seal: WebhookSeal) {
    this.#seal = seal;
  }

  get(key: WebhookKey): Webhook | undefined {
    return this.#known.get(key)?.webhook;
  }

  /** One that has not changed stays the object that it was: to open its secrets costs more than all else of a claim. */
  learn(sealed: SealedWebhook): Webhook {
    const known = this.#known.get(sealed.key);
    if (known !== undefined && Bun.deepEquals(known.sealed, sealed, true)) return known.webhook;
    const webhook = this.#seal.open(sealed);
    this.#known.set(sealed.key, { sealed, webhook });
    return webhook;
  }

  forget(key: WebhookKey): void {
    this.#known.delete(key);
  }
}
