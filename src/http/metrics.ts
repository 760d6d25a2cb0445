import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Attempt } from "../domain/attempt.ts";
import type { DeliveryState } from "../domain/delivery.ts";
import type { Millis } from "../world.ts";

/** What the service counts, and the text that Prometheus reads. */
export interface Metrics {
  /** An event was stored with so many deliveries. */
  eventAccepted(deliveries: number): void;
  /** The app posted an event again that was known. */
  eventRepeated(): void;
  attemptFinished(code: Attempt["code"], durationMs: Millis): void;
  /** A delivery is final. */
  deliveryFinished(state: Exclude<DeliveryState, "pending">): void;
  requestAnswered(method: string, status: number): void;
  render(now: MetricsNow): Promise<string>;
  readonly contentType: string;
}

/** What is true at the moment of asking. */
export interface MetricsNow {
  readonly version: string;
  readonly webhooks: number;
  readonly pending: number;
  readonly oldestDueMs: Millis;
  readonly inFlight: number;
  readonly databaseBytes: number;
  readonly residentBytes: number;
}

const ATTEMPT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counters of one process, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const counters = createCounters(registry);
  const gauges = createGauges(registry);
  return {
    contentType: registry.contentType,
    eventAccepted: (deliveries) => {
      counters.events.inc();
      counters.deliveries.inc(deliveries);
    },
    eventRepeated: () => counters.repeated.inc(),
    attemptFinished: (code, durationMs) => {
      counters.attempts.inc({ code });
      counters.attemptSeconds.observe(durationMs / 1_000);
    },
    deliveryFinished: (state) => counters.finished.inc({ state }),
    requestAnswered: (method, status) =>
      counters.requests.inc({ method: METHODS.has(method) ? method : "other", status }),
    render: (now) => {
      gauges(now);
      return registry.metrics();
    },
  };
}

/** A stranger may send any word as a method, and each would be a series of its own. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

function createCounters(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter<Label>({ name: `posthorn_${name}`, help, labelNames, registers });
  return {
    events: counter("events_accepted_total", "Events stored."),
    repeated: counter("events_repeated_total", "Events that the app posted again."),
    deliveries: counter("deliveries_created_total", "Deliveries that events made."),
    attempts: counter("attempts_total", "Finished attempts by how they ended.", ["code"]),
    finished: counter("deliveries_finished_total", "Deliveries that an attempt ended, by their state.", ["state"]),
    requests: counter("http_requests_total", "Requests to the API.", ["method", "status"]),
    attemptSeconds: new Histogram({
      name: "posthorn_attempt_duration_seconds",
      help: "From the start of an attempt to its end.",
      buckets: ATTEMPT_SECONDS,
      registers,
    }),
  };
}

function createGauges(registry: Registry): (now: MetricsNow) => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const info = new Gauge({ name: "posthorn_info", help: "Always 1.", labelNames: ["version"], registers: [registry] });
  const webhooks = gauge("posthorn_webhooks", "Webhooks, without the deleted ones.");
  const pending = gauge("posthorn_deliveries_pending", "Deliveries that are not final.");
  const oldestDue = gauge("posthorn_oldest_due_seconds", "How long the delivery has been due that waits longest.");
  const inFlight = gauge("posthorn_requests_in_flight", "Requests to receivers under way.");
  const database = gauge("posthorn_database_bytes", "Size of the database file.");
  const resident = gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  return (now) => {
    info.set({ version: now.version }, 1);
    webhooks.set(now.webhooks);
    pending.set(now.pending);
    oldestDue.set(now.oldestDueMs / 1_000);
    inFlight.set(now.inFlight);
    database.set(now.databaseBytes);
    resident.set(now.residentBytes);
  };
}
