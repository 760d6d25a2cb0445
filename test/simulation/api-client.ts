import type { Dispatcher } from "../../src/delivery/dispatcher.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import { WEBHOOKS_PER_TENANT_MAX } from "../../src/setting-limits.ts";
import {
  type NewEvent,
  type NewWebhook,
  type ReadyDelivery,
  StoreError,
  type WebhookChanges,
} from "../../src/store/contract.ts";
import type { Clock, Millis, Random } from "../../src/world.ts";
import { API_VERSION } from "../support/loop.ts";
import type { Books } from "./books.ts";
import type { MortalProcess } from "./mortal-process.ts";

/** An event as the app wants it sent: the same id again until somebody says that he has it. */
export interface Order {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

const TENANT = "default";
const RESEND_CHUNK = 50;

export interface ApiClientParts {
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  /** Null while none runs. */
  readonly process: () => MortalProcess | null;
  readonly books: Books;
  /** Whether the loop is told of this new work; a hint may be lost. */
  readonly isHinted: () => boolean;
}

/** Does to the store and the loop what the API's handlers do. What the process does not live to answer never resolves. */
export class ApiClient {
  readonly #parts: ApiClientParts;

  constructor(parts: ApiClientParts) {
    this.#parts = parts;
  }

  /** Whether the event was acknowledged, now or before. */
  post(order: Order): Promise<boolean> {
    return this.#with(false, async ({ store, dispatcher, now }) => {
      const ingested = await store.ingest(this.#event(order, now()));
      if (ingested.kind === "accepted") this.#tell(dispatcher, ingested.deliveries);
      return ingested.kind !== "conflict";
    });
  }

  create(webhook: Pick<NewWebhook, "url" | "events" | "retryScheduleMs" | "timeoutMs">): Promise<void> {
    const createdAt = this.#parts.clock.wall();
    return this.#with(undefined, async ({ store }) => {
      await store.createWebhook(
        {
          ...{ id: this.#newId("webhook"), tenant: TENANT, secret: "simulated", active: true, description: null },
          ...{ headers: [], urlPassed: false, createdAt, ...webhook },
        },
        POSTHORN,
        WEBHOOKS_PER_TENANT_MAX,
      );
    });
  }

  update(id: string, changes: WebhookChanges): Promise<void> {
    return this.#with(undefined, async ({ store, dispatcher }) => {
      const webhook = await store.updateWebhook(TENANT, id, changes, this.#parts.clock.wall(), POSTHORN);
      if (webhook !== null) dispatcher.recheck(webhook.key);
    });
  }

  delete(id: string): Promise<void> {
    return this.#with(undefined, async ({ store, dispatcher, pruner }) => {
      const key = await store.deleteWebhook(TENANT, id, this.#parts.clock.wall(), POSTHORN);
      if (key === null) return;
      dispatcher.recheck(key);
      pruner.kick();
    });
  }

  resend(webhook: number, deliveryId: string): Promise<void> {
    return this.#with(undefined, async ({ store, dispatcher, now }) => {
      const ready = await store.resend(webhook, deliveryId, this.#newId("delivery"), now());
      if (ready !== null) dispatcher.offer([ready]);
    });
  }

  resendFailed(webhook: number, since: Millis, until: Millis): Promise<void> {
    return this.#with(undefined, async ({ store, dispatcher, now }) => {
      for (let after: number | null = 0; after !== null; ) {
        const range = { since, until, limit: RESEND_CHUNK, after };
        const chunk = await store.resendFailed(webhook, range, this.#newId("delivery"), now());
        dispatcher.offer(chunk.deliveries);
        after = chunk.last;
      }
    });
  }

  test(id: string): Promise<void> {
    return this.#with(undefined, async ({ store, testSender }) => {
      const webhook = await store.findWebhook(TENANT, id);
      if (webhook !== null) await testSender.send(webhook, "resume.created");
    });
  }

  #tell(dispatcher: Dispatcher, deliveries: readonly ReadyDelivery[]): void {
    const { books, isHinted } = this.#parts;
    const isTold = isHinted();
    if (isTold) dispatcher.offer(deliveries);
    for (const { key } of deliveries) {
      const entry = books.deliveries.get(key);
      if (entry !== undefined && !isTold) entry.isUnannounced = true;
    }
  }

  /** A 503 of the API: no process, one that is stopping, no room. */
  async #with<Result>(refused: Result, act: (process: MortalProcess) => Promise<Result>): Promise<Result> {
    const process = this.#parts.process();
    if (process === null || process.isDraining) return refused;
    try {
      return await act(process);
    } catch (error) {
      if (isRefusal(error)) return refused;
      throw error;
    }
  }

  #event({ id, type, data }: Order, dueAt: Millis): NewEvent {
    const createdAt = Math.floor(this.#parts.clock.wall() / 1_000) * 1_000;
    const parts = { id, type, createdAt, apiVersion: API_VERSION };
    return { ...parts, tenant: TENANT, body: wireBody(parts, data), firstDeliveryId: this.#newId("delivery"), dueAt };
  }

  #newId(prefix: "webhook" | "delivery"): string {
    const { clock, random } = this.#parts;
    return newId(prefix, clock.wall(), random.bytes(10));
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StoreError && error.code !== "refused";
}
