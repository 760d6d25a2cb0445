import { AttemptReporter } from "../../src/delivery/attempt-reporter.ts";
import { Dispatcher } from "../../src/delivery/dispatcher.ts";
import { Exchanger } from "../../src/delivery/exchanger.ts";
import { createGuard } from "../../src/delivery/guard.ts";
import { Sender } from "../../src/delivery/sender.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import type { Webhook } from "../../src/domain/webhook.ts";
import { engineTime } from "../../src/engine-time.ts";
import { createLog } from "../../src/log.ts";
import type { Ingested, LogEntry, NewEvent, NewWebhook, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { Millis } from "../../src/world.ts";
import { createFakeWorld, type FakeWorld } from "./fake-world.ts";

export interface LoopOptions {
  readonly seed?: number;
  readonly concurrency?: number;
  readonly concurrencyPerWebhook?: number;
  readonly retryScheduleMs?: readonly Millis[];
}

/** The real store, guard, sender and dispatcher in a world that stands still until the test moves it. */
export interface Loop extends AsyncDisposable {
  readonly world: FakeWorld;
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  /** Cuts off what the dispatcher has in flight. */
  abort(): void;
  /** Lines of the log, oldest first. */
  readonly lines: readonly string[];
  /** What the metrics were told, in order: codes of attempts, states of deliveries. */
  readonly counted: readonly string[];
  readonly now: () => Millis;
  webhook(changes?: Partial<NewWebhook>): Promise<Webhook>;
  /** Stores an event as the API does, without telling the loop. */
  ingest(changes?: Partial<Pick<NewEvent, "tenant" | "type" | "id">> & { readonly data?: string }): Promise<Ingested>;
  /** `ingest`, and the loop is told; with what it needs to get it going, but no time passes. */
  post(changes?: Parameters<Loop["ingest"]>[0]): Promise<Ingested>;
  /** The webhook's log, newest first. */
  log(webhook: Webhook): Promise<readonly LogEntry[]>;
  /** Another dispatcher and sender over the same store: what a new process would find. */
  restarted(): Promise<Dispatcher>;
}

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CAPTURE_BYTES = 16_384;
export const API_VERSION = "2024-12-30";

export async function createLoop(options: LoopOptions = {}): Promise<Loop> {
  const world = createFakeWorld(options.seed);
  const { clock, random, resolver, transport } = world;
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const now = engineTime(clock);
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openStore({ dataDir: ":memory:", secretKey: random.bytes(32), random, clock, onFatal });
  const policy = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };
  const guard = createGuard({ resolver, clock, policy });
  const sealing = { headerPrefix: "X-SmartCV-", userAgent: "Posthorn/test" };
  const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, responseCaptureBytes: CAPTURE_BYTES };
  const exchanger = new Exchanger({ guard, transport, clock, sealing, ...limits });
  const counted: string[] = [];
  const counters = {
    attemptFinished: (code: string) => void counted.push(code),
    deliveryFinished: (state: string) => void counted.push(state),
  };
  const reporter = new AttemptReporter({ log, counters });
  const retryScheduleMs = options.retryScheduleMs ?? [1_000, 2_000, 4_000];

  function senderOf(): Sender {
    return new Sender({ store, exchanger, clock, random, now, reporter, timeoutMs: TIMEOUT_MS, retryScheduleMs });
  }

  function dispatcherOf(sender: Sender): Dispatcher {
    return new Dispatcher({
      ...{ store, sender, clock, now, log },
      concurrency: options.concurrency ?? 2_048,
      concurrencyPerWebhook: options.concurrencyPerWebhook ?? 16,
    });
  }

  const sender = senderOf();
  const dispatcher = dispatcherOf(sender);
  dispatcher.start(await store.recover(now()));

  async function ingest(changes: Parameters<Loop["ingest"]>[0] = {}): Promise<Ingested> {
    const { data = '{"resume":{"id":"resume_456"}}', ...given } = changes;
    const createdAt = Math.floor(clock.wall() / 1_000) * 1_000;
    const id = newId("event", clock.wall(), random.bytes(10));
    const parts = { id, type: "resume.created", createdAt, apiVersion: API_VERSION, ...given };
    const firstDeliveryId = newId("delivery", clock.wall(), random.bytes(10));
    return store.ingest({ tenant: "default", ...parts, body: wireBody(parts, data), firstDeliveryId, dueAt: now() });
  }

  return {
    world,
    store,
    dispatcher,
    lines,
    counted,
    now,
    ingest,
    abort: () => sender.abort(),
    async restarted() {
      const successor = dispatcherOf(senderOf());
      successor.start(await store.recover(now()));
      return successor;
    },
    webhook: (changes = {}) =>
      store.createWebhook({
        id: newId("webhook", clock.wall(), random.bytes(10)),
        tenant: "default",
        url: "https://yourapp.example/webhooks/smartcv",
        events: ["*"],
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        active: true,
        description: null,
        retryScheduleMs: null,
        timeoutMs: null,
        headers: [],
        urlPassed: false,
        createdAt: clock.wall(),
        ...changes,
      }),
    async post(changes) {
      const ingested = await ingest(changes);
      if (ingested.kind === "accepted") dispatcher.offer(ingested.deliveries);
      return ingested;
    },
    async log(webhook) {
      return (await store.listLog(webhook.key, {}, { limit: 200, before: null })).rows;
    },
    async [Symbol.asyncDispose]() {
      sender.abort();
      await dispatcher.stop();
      await store.close();
    },
  };
}
