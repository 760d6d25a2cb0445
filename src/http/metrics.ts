import { Gauge, Histogram, Registry } from "prom-client";
import type { Attempt } from "../domain/attempt.ts";
import type { DeliveryState } from "../domain/delivery.ts";
import type { Millis } from "../world.ts";
import { readCounter, Tally } from "./tally.ts";

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

/** Why new events may be refused now. */
export interface Refusals {
  readonly stopping: boolean;
  readonly disk: boolean;
  readonly backlog: boolean;
}

/** What is true at the moment of asking. */
export interface MetricsNow {
  readonly version: string;
  readonly webhooks: number;
  readonly pending: number;
  readonly maxBacklog: number;
  readonly refusals: Refusals;
  readonly oldestDueMs: Millis;
  readonly inFlight: number;
  readonly databaseBytes: number;
  readonly residentBytes: number;
}

const ATTEMPT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counters of one process, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const counters = {
    ...eventCounters(registry),
    ...attemptCounters(registry),
    requestAnswered: requestCounter(registry),
  };
  const gauges = createGauges(registry);
  return {
    ...counters,
    contentType: registry.contentType,
    render: (now) => {
      gauges(now);
      return registry.metrics();
    },
  };
}

function eventCounters(registry: Registry): Pick<Metrics, "eventAccepted" | "eventRepeated"> {
  let accepted = 0;
  let repeated = 0;
  let deliveries = 0;
  const counter = (name: string, help: string, count: () => number) =>
    readCounter(registry, { name: `posthorn_${name}`, help }, () => [{ labels: {}, count: count() }]);
  counter("events_accepted_total", "Events stored.", () => accepted);
  counter("events_repeated_total", "Events that the app posted again.", () => repeated);
  counter("deliveries_created_total", "Deliveries that events made.", () => deliveries);
  return {
    eventAccepted: (made) => {
      accepted += 1;
      deliveries += made;
    },
    eventRepeated: () => {
      repeated += 1;
    },
  };
}

function attemptCounters(registry: Registry): Pick<Metrics, "attemptFinished" | "deliveryFinished"> {
  const attempts = new Tally<string>();
  const attemptsText = { name: "posthorn_attempts_total", help: "Finished attempts by how they ended." };
  readCounter(registry, { ...attemptsText, labelNames: ["code"] }, () => attempts.rows((code) => ({ code })));
  const finished = new Tally<string>();
  const finishedText = {
    name: "posthorn_deliveries_finished_total",
    help: "Deliveries that an attempt ended, by their state.",
  };
  readCounter(registry, { ...finishedText, labelNames: ["state"] }, () => finished.rows((state) => ({ state })));
  const seconds = new Histogram({
    name: "posthorn_attempt_duration_seconds",
    help: "From the start of an attempt to its end.",
    buckets: ATTEMPT_SECONDS,
    registers: [registry],
  });
  return {
    attemptFinished: (code, durationMs) => {
      attempts.add(code);
      seconds.observe(durationMs / 1_000);
    },
    deliveryFinished: (state) => finished.add(state),
  };
}

/** A stranger may send any word as a method, and each would be a series of its own. */
const OTHER = "other";
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", OTHER];

function requestCounter(registry: Registry): Metrics["requestAnswered"] {
  const others = new Tally<number>();
  const byMethod = new Map(METHODS.map((method) => [method, method === OTHER ? others : new Tally<number>()]));
  const text = { name: "posthorn_http_requests_total", help: "Requests to the API.", labelNames: ["method", "status"] };
  readCounter(registry, text, () =>
    [...byMethod].flatMap(([method, tally]) => tally.rows((status) => ({ method, status }))),
  );
  return (method, status) => (byMethod.get(method) ?? others).add(status);
}

function createGauges(registry: Registry): (now: MetricsNow) => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const info = new Gauge({ name: "posthorn_info", help: "Always 1.", labelNames: ["version"], registers: [registry] });
  const webhooks = gauge("posthorn_webhooks", "Webhooks, without the deleted ones.");
  const pending = gauge("posthorn_deliveries_pending", "Deliveries that are not final.");
  const maxBacklog = gauge(
    "posthorn_deliveries_pending_max",
    "Deliveries that may be pending before new events are refused.",
  );
  const refusing = new Gauge({
    name: "posthorn_events_refused",
    help: "1 while new events are refused, by the reason.",
    labelNames: ["reason"],
    registers: [registry],
  });
  const oldestDue = gauge("posthorn_oldest_due_seconds", "How long the delivery has been due that waits longest.");
  const inFlight = gauge("posthorn_requests_in_flight", "Requests to receivers under way.");
  const database = gauge("posthorn_database_bytes", "Size of the database file.");
  const resident = gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  return (now) => {
    info.set({ version: now.version }, 1);
    webhooks.set(now.webhooks);
    pending.set(now.pending);
    maxBacklog.set(now.maxBacklog);
    for (const [reason, isSo] of Object.entries(now.refusals)) refusing.set({ reason }, isSo ? 1 : 0);
    oldestDue.set(now.oldestDueMs / 1_000);
    inFlight.set(now.inFlight);
    database.set(now.databaseBytes);
    resident.set(now.residentBytes);
  };
}
