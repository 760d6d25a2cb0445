import type { Database } from "bun:sqlite";
import { WEBHOOKS_CACHED_MAX } from "../../limits.ts";
import type { WebhookKey } from "../contract.ts";

/** What an outcome has to know of its webhook. */
export interface Standing {
  readonly isDeleted: boolean;
  readonly isUrlPassed: boolean;
}

/**
 * How the webhooks stand, remembered. It lives beside the only connection that writes, so it is right as long as every write of
 * a webhook, and every rollback, makes it forget.
 */
export class Standings {
  readonly #find;
  readonly #byWebhook = new Map<WebhookKey, Standing>();

  constructor(db: Database) {
    this.#find = db.query<{ isDeleted: number; isUrlPassed: number }, [WebhookKey]>(
      "SELECT deleted_at IS NOT NULL AS isDeleted, url_passed AS isUrlPassed FROM webhooks WHERE seq = ?",
    );
  }

  /** @param webhook one that has deliveries: it has a row */
  of(webhook: WebhookKey): Standing {
    const known = this.#byWebhook.get(webhook);
    if (known !== undefined) return known;
    const found = this.#find.get(webhook);
    const standing = { isDeleted: found?.isDeleted !== 0, isUrlPassed: found?.isUrlPassed === 1 };
    if (this.#byWebhook.size >= WEBHOOKS_CACHED_MAX) this.forgetAll();
    this.#byWebhook.set(webhook, standing);
    return standing;
  }

  forgetAll(): void {
    this.#byWebhook.clear();
  }
}
