import type { Catalogue } from "../domain/event-types.ts";
import type { UrlVerdict } from "../domain/url.ts";
import type { Webhook } from "../domain/webhook.ts";
import type { ReadyDelivery, Store, WebhookKey } from "../store/contract.ts";
import type { Clock, Millis, Random } from "../world.ts";
import type { Metrics } from "./metrics.ts";

/** Everything that the API is made of. It comes in by this object and by no other way. */
export interface HttpParts {
  readonly store: HttpStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: HttpSettings;
  readonly metrics: Metrics;
  /** Engine time: what due times are compared with. */
  now(): Millis;
  /** Hands new deliveries to the loop. */
  wake(deliveries: readonly ReadyDelivery[]): void;
  /** Tells the loop that a webhook changed, or has work that nobody handed over. */
  wakeWebhook(webhook: WebhookKey): void;
  /** Asks for housekeeping soon: a deleted webhook has pending deliveries to cancel. */
  tidySoon(): void;
  /** Sends the catalogue's sample now and waits for the outcome, whatever it is. */
  sendTest(webhook: Webhook, eventType: string): Promise<TestSending>;
  /** Whether Posthorn would connect to the URL, its name resolved now. */
  judge(url: string): Promise<UrlVerdict>;
  health(): LoopHealth;
  /** Whether so many connections are open that those of strangers are not kept. */
  isCrowded(): boolean;
  /** Told of every error that nobody foresaw; the client only learns the request's id. */
  report(fault: Fault): void;
  /** Told, now and then, of an address that is slowed down for its wrong keys. */
  reportSlowedDown(address: string): void;
}

/** Each group of routes names its own slice of these. */
export type HttpStore = Omit<
  Store,
  "ingestTest" | "recover" | "lanes" | "seek" | "claim" | "settle" | "release" | "tidy" | "reclaim" | "close"
>;

export interface HttpSettings {
  readonly version: string;
  /** The longest body of POST /api/events. */
  readonly maxEventBytes: number;
  /** `X-SmartCV-` unless configured. */
  readonly headerPrefix: string;
  /** `api_version` of new events. */
  readonly apiVersion: string;
  readonly catalogue: Catalogue;
  /** What a webhook without its own schedule and timeout gets. */
  readonly retryScheduleMs: readonly Millis[];
  readonly timeoutMs: Millis;
  /** As a browser writes them in `Origin`. */
  readonly corsOrigins: readonly string[];
  readonly publicUrl: URL | null;
  /** Requests a second that one key may send, or null: as many as it likes. */
  readonly ratePerSecond: number | null;
  /** Webhooks that a tenant may have, without the deleted ones. */
  readonly maxWebhooks: number;
  /** Deliveries that may be pending, all tenants together, before no new ones are taken. */
  readonly maxBacklog: number;
  /** SHA-256 of POSTHORN_ADMIN_KEY in hexadecimal, or null when it is not set. */
  readonly adminKeyHash: string | null;
}

export type TestSending =
  | { readonly kind: "sent"; readonly deliveryId: string }
  /** As many tests as a tenant may run at once are running. */
  | { readonly kind: "busy" }
  | { readonly kind: "stopping" }
  /** The webhook was deleted meanwhile. */
  | { readonly kind: "gone" };

export interface LoopHealth {
  readonly startedAt: Millis;
  /** The loop has turned recently. */
  readonly alive: boolean;
  /** The process was asked to stop: no new deliveries are taken, everything else still answers. */
  readonly draining: boolean;
  /** So little is free on the disk that no new deliveries are taken; everything else goes on. */
  readonly diskIsLow: boolean;
  /** So many deliveries are pending that no new ones are taken; everything else goes on. */
  readonly backlogIsFull: boolean;
  /** Requests to receivers under way. */
  readonly inFlight: number;
}

export interface Fault {
  readonly error: unknown;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
}
