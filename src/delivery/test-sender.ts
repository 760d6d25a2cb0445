import { wireBody } from "../domain/event.ts";
import { type Catalogue, sampleOf } from "../domain/event-types.ts";
import { newId } from "../domain/ids.ts";
import type { Webhook } from "../domain/webhook.ts";
import { TESTS_PER_TENANT_MAX } from "../limits.ts";
import type { NewEvent, Store } from "../store/contract.ts";
import type { Clock, Millis, Random } from "../world.ts";
import type { Sender } from "./sender.ts";

export interface TestSenderParts {
  readonly store: Pick<Store, "ingestTest">;
  readonly sender: Pick<Sender, "deliver">;
  readonly clock: Pick<Clock, "wall">;
  readonly random: Pick<Random, "bytes">;
  /** Engine time. */
  readonly now: () => Millis;
  readonly catalogue: Catalogue;
  readonly apiVersion: string;
}

/** `sent`: there is a log entry now, whatever the receiver said. `gone`: the webhook was deleted meanwhile. */
export type TestSent =
  | { readonly kind: "sent"; readonly deliveryId: string }
  | { readonly kind: "busy" }
  | { readonly kind: "stopping" }
  | { readonly kind: "gone" };

/** Sends a sample event to one webhook at once: outside its lane, one attempt, a few at a time for each tenant. */
export class TestSender {
  readonly #parts: TestSenderParts;
  readonly #underway = new Map<string, number>();
  #isStopping = false;
  readonly #quiet = Promise.withResolvers<void>();

  constructor(parts: TestSenderParts) {
    this.#parts = parts;
  }

  /** Starts no further test. Resolves when those under way have ended: by themselves, or cut off by the sender's `abort`. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#noticeQuiet();
    await this.#quiet.promise;
  }

  /** Resolves when the receiver has answered or the attempt has failed. */
  async send(webhook: Webhook, eventType: string): Promise<TestSent> {
    if (this.#isStopping) return { kind: "stopping" };
    const before = this.#underway.get(webhook.tenant) ?? 0;
    if (before >= TESTS_PER_TENANT_MAX) return { kind: "busy" };
    this.#underway.set(webhook.tenant, before + 1);
    try {
      return await this.#send(webhook, eventType);
    } finally {
      this.#leave(webhook.tenant);
    }
  }

  async #send(webhook: Webhook, eventType: string): Promise<TestSent> {
    const delivery = await this.#parts.store.ingestTest(this.#event(webhook.tenant, eventType), webhook.key);
    if (delivery === null) return { kind: "gone" };
    const delivered = await this.#parts.sender.deliver(delivery, () => {});
    return delivered.kind === "interrupted" ? { kind: "stopping" } : { kind: "sent", deliveryId: delivery.deliveryId };
  }

  #event(tenant: string, type: string): NewEvent {
    const { clock, random, now, catalogue, apiVersion } = this.#parts;
    const wallAt = clock.wall();
    const parts = {
      id: newId("event", wallAt, random.bytes(10)),
      type,
      createdAt: Math.floor(wallAt / 1_000) * 1_000,
      apiVersion,
    };
    const body = wireBody(parts, JSON.stringify(sampleOf(catalogue, type)));
    return { ...parts, tenant, body, firstDeliveryId: newId("delivery", wallAt, random.bytes(10)), dueAt: now() };
  }

  #leave(tenant: string): void {
    const left = (this.#underway.get(tenant) ?? 1) - 1;
    if (left === 0) this.#underway.delete(tenant);
    else this.#underway.set(tenant, left);
    this.#noticeQuiet();
  }

  #noticeQuiet(): void {
    if (this.#isStopping && this.#underway.size === 0) this.#quiet.resolve();
  }
}
