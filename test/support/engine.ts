import { AttemptReporter, type DeliveryCounters } from "../../src/delivery/attempt-reporter.ts";
import { Dispatcher } from "../../src/delivery/dispatcher.ts";
import { Exchanger } from "../../src/delivery/exchanger.ts";
import { createGuard } from "../../src/delivery/guard.ts";
import { Sender } from "../../src/delivery/sender.ts";
import { engineTime } from "../../src/engine-time.ts";
import type { Log } from "../../src/log.ts";
import type { Store } from "../../src/store/contract.ts";
import type { Millis, World } from "../../src/world.ts";

export interface EngineParts {
  readonly world: World;
  readonly store: Store;
  readonly log: Log;
  readonly counters: DeliveryCounters;
  /** Engine time; from this moment on, unless the process began before. */
  readonly now?: () => Millis;
}

export interface EngineOptions {
  readonly concurrency?: number;
  readonly concurrencyPerWebhook?: number;
  readonly retryScheduleMs?: readonly Millis[];
  /** Stands between the loop and its sender, to look on or to interfere. */
  readonly between?: (sender: Pick<Sender, "deliver">) => Pick<Sender, "deliver">;
}

/** The parts of one process that deliver, not started yet. */
export interface Engine {
  readonly sender: Sender;
  /** The sender as the loop sees it. */
  readonly deliverer: Pick<Sender, "deliver">;
  readonly dispatcher: Dispatcher;
  /** Engine time. */
  readonly now: () => Millis;
}

export const DEFAULT_TIMEOUT_MS: Millis = 30_000;
export const DEFAULT_SCHEDULE_MS: readonly Millis[] = [1_000, 2_000, 4_000];
const CONNECT_TIMEOUT_MS = 10_000;
const CAPTURE_BYTES = 16_384;

/** Guard, sender and dispatcher, joined as the service joins them. */
export function createEngine(parts: EngineParts, options: EngineOptions = {}): Engine {
  const { world, store, log, counters, now = engineTime(world.clock) } = parts;
  const { clock, random, resolver, transport } = world;
  const policy = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };
  const guard = createGuard({ resolver, clock, policy });
  const sealing = { headerPrefix: "X-SmartCV-", userAgent: "Posthorn/test" };
  const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, responseCaptureBytes: CAPTURE_BYTES };
  const exchanger = new Exchanger({ guard, transport, clock, sealing, ...limits });
  const sender = new Sender({
    ...{ store, exchanger, clock, random, now, reporter: new AttemptReporter({ log, counters }) },
    timeoutMs: DEFAULT_TIMEOUT_MS,
    retryScheduleMs: options.retryScheduleMs ?? DEFAULT_SCHEDULE_MS,
  });
  const deliverer = options.between?.(sender) ?? sender;
  const dispatcher = new Dispatcher({
    ...{ store, sender: deliverer, clock, now, log },
    concurrency: options.concurrency ?? 2_048,
    concurrencyPerWebhook: options.concurrencyPerWebhook ?? 16,
    maxEventBytes: 256_000,
  });
  return { sender, deliverer, dispatcher, now };
}
