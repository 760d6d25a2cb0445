import type { Dispatcher } from "../../src/delivery/dispatcher.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import type { Webhook } from "../../src/domain/webhook.ts";
import { createLog } from "../../src/log.ts";
import { WEBHOOKS_PER_TENANT_MAX } from "../../src/setting-limits.ts";
import type { Ingested, LogEntry, NewEvent, NewWebhook, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { Millis } from "../../src/world.ts";
import { createEngine, type EngineOptions } from "./engine.ts";
import { createFakeWorld, type FakeWorld } from "./fake-world.ts";

export interface LoopOptions extends Omit<EngineOptions, "between"> {
  readonly seed?: number;
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

export const API_VERSION = "2024-12-30";

export async function createLoop(options: LoopOptions = {}): Promise<Loop> {
  const world = createFakeWorld(options.seed);
  const { clock, random } = world;
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "text", write: (line) => lines.push(line), wall: clock.wall });
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openStore({ dataDir: ":memory:", secretKey: random.bytes(32), random, clock, onFatal });
  const counted: string[] = [];
  const counters = {
    attemptFinished: (code: string) => void counted.push(code),
    deliveryFinished: (state: string) => void counted.push(state),
  };
  const engineOf = () => createEngine({ world, store, log, counters }, options);
  const { sender, dispatcher, now } = engineOf();
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
      const successor = engineOf();
      successor.dispatcher.start(await store.recover(successor.now()));
      return successor.dispatcher;
    },
    async webhook(changes = {}) {
      const made = await store.createWebhook(
        {
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
        },
        POSTHORN,
        WEBHOOKS_PER_TENANT_MAX,
      );
      if (made === null) throw new Error("there are too many webhooks");
      return made;
    },
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
