import type { Response, Sender } from "../../src/delivery/sender.ts";
import type { Attempt } from "../../src/domain/attempt.ts";
import { DESCRIPTORS_WAIT_MS } from "../../src/limits.ts";
import type { ClaimedDelivery, Lease } from "../../src/store/contract.ts";
import type { Clock, Exchange, Millis, OutgoingRequest } from "../../src/world.ts";
import { DEFAULT_SCHEDULE_MS, DEFAULT_TIMEOUT_MS } from "../support/engine.ts";
import type { Books, DeliveryEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import type { Liveness } from "./liveness.ts";
import type { NetworkWatch } from "./mortal-world.ts";
import type { Slots } from "./slots.ts";
import type { Trace } from "./trace.ts";
import { type Truth, truthOf, type Verdict, verdictOn } from "./verdict.ts";

/** An attempt from its start to the answer that its outcome is on disk. */
export interface Flight {
  readonly entry: DeliveryEntry;
  readonly delivery: ClaimedDelivery;
  readonly startedAt: number;
  truth: Truth | null;
  /** A request is out, or may have been read: nothing more may be sent. */
  isWritten: boolean;
  /** Its outcome is committed. */
  isSettled: boolean;
  /** The response has ended: its slot is free, its lease is used up. `verdict` null: it was cut off by a stop. */
  ended: { readonly at: number; readonly engineAt: Millis; readonly verdict: Verdict | null } | null;
}

export interface AttemptWatchParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly trace: Trace;
  readonly clock: Clock;
  readonly slots: Slots;
  readonly liveness: Liveness;
  /** Engine time of the process. */
  readonly now: () => Millis;
}

/** Looks at every attempt of one process: when it starts, what goes over the network, when it ends. */
export class AttemptWatch implements NetworkWatch<Flight | null> {
  readonly #parts: AttemptWatchParts;
  readonly #flights = new Map<number, Flight>();
  readonly #byId = new Map<string, Flight>();
  /** Told of the lease of each attempt that has ended: nothing may come of it any more. */
  onSpent: (lease: Lease) => void = () => {};

  constructor(parts: AttemptWatchParts) {
    this.#parts = parts;
  }

  /** Whether an outcome of the delivery is still to come. */
  isOut(delivery: number): boolean {
    return this.#flights.get(delivery)?.isSettled === false;
  }

  flightOf(delivery: number): Flight | undefined {
    return this.#flights.get(delivery);
  }

  get underWay(): readonly Flight[] {
    return [...this.#flights.values()].filter(({ ended }) => ended === null);
  }

  /** Stands between the loop and the sender. */
  between(sender: Pick<Sender, "deliver">): Pick<Sender, "deliver"> {
    return {
      deliver: async (delivery, responded) => {
        const flight = this.#begin(delivery);
        const delivered = await sender.deliver(delivery, (response) => {
          this.#end(flight, response);
          responded(response);
        });
        this.#flights.delete(flight.entry.key);
        this.#byId.delete(flight.entry.id);
        return delivered;
      },
    };
  }

  requestOut(request: OutgoingRequest): Flight | null {
    const { judge } = this.#parts;
    const headers = new Map(request.headers);
    const flight = this.#byId.get(headers.get("X-SmartCV-Delivery") ?? "") ?? null;
    judge.expect("overlap", flight?.ended === null, () => "a request outside of any attempt");
    if (flight === null) return null;
    const { entry, delivery } = flight;
    judge.expect("overlap", !flight.isWritten, () => `${entry.id}: two requests of one attempt`);
    flight.isWritten = true;
    const number = Number(headers.get("X-SmartCV-Attempt"));
    judge.expect("bytes", request.body === entry.event.body, () => `${entry.id}: ${request.body}`);
    judge.expect("schedule", number === entry.attempts + 1, () => `${entry.id} bears number ${number}`);
    judge.expect("current", request.url.href === delivery.webhook.url, () => request.url.href);
    return flight;
  }

  replyIn(flight: Flight | null, exchange: Exchange): void {
    if (flight === null) return;
    flight.isWritten = exchange.ok || !exchange.nothingWritten;
    flight.truth = truthOf(exchange, this.#parts.clock.wall());
  }

  #begin(delivery: ClaimedDelivery): Flight {
    const { books, judge, trace, clock, slots } = this.#parts;
    const entry = books.deliveries.get(delivery.lease.delivery);
    if (entry === undefined) throw new Error(`${delivery.deliveryId} is attempted and not in the books`);
    trace.note(`attempt ${entry.attempts + 1} of ${entry.key} to ${delivery.webhook.url}`);
    judge.expect("overlap", !this.#flights.has(entry.key), () => entry.id);
    const flight: Flight = {
      entry,
      delivery,
      startedAt: clock.monotonic(),
      truth: null,
      isWritten: false,
      isSettled: false,
      ended: null,
    };
    this.#flights.set(entry.key, flight);
    this.#byId.set(entry.id, flight);
    this.#checkClaim(flight);
    if (!entry.isTest) {
      this.#checkTime(entry);
      this.#parts.liveness.checkStart(entry, slots.idleSince(entry.webhook.key, this.#parts.now()));
      slots.take(entry.webhook.key, this.#parts.now());
    }
    return flight;
  }

  #checkClaim({ entry, delivery }: Flight): void {
    const { judge } = this.#parts;
    const { url, active, timeoutMs, retryScheduleMs } = delivery.webhook;
    const isKnown = entry.webhook.knows(
      (version) =>
        version.url === url &&
        version.timeoutMs === (timeoutMs ?? DEFAULT_TIMEOUT_MS) &&
        String(version.scheduleMs) === String(retryScheduleMs ?? DEFAULT_SCHEDULE_MS) &&
        (version.active || entry.isTest),
    );
    judge.expect("current", isKnown, () => `${entry.webhook.id}: ${url}, active ${active}, ${retryScheduleMs}`);
    judge.expect("verdict", entry.state === "pending", () => `${entry.id} is ${entry.state} and is attempted`);
    judge.expect("schedule", delivery.attempts === entry.attempts, () => `${entry.id}: ${delivery.attempts} counted`);
  }

  #checkTime({ id, dueAt, pause }: DeliveryEntry): void {
    const { judge, books, clock } = this.#parts;
    const now = this.#parts.now();
    judge.expect("gap", dueAt !== null && now >= dueAt, () => `${id} is due at ${dueAt}, it is ${now}`);
    if (pause === null) return;
    const gapMs = clock.monotonic() - pause.since + books.leapsMs - pause.leapsMs;
    judge.expect("gap", gapMs >= pause.leastMs, () => `${id} again after ${gapMs} ms, not ${pause.leastMs}`);
  }

  #end(flight: Flight, { learnt }: Response): void {
    const { judge, clock, trace, slots, now } = this.#parts;
    const { entry, delivery } = flight;
    judge.expect("overlap", flight.ended === null, () => `${entry.id} ends twice`);
    const verdict = learnt === undefined ? null : this.#judgeOutcome(flight, codeOf(learnt.outcome));
    flight.ended = { at: clock.monotonic(), engineAt: now(), verdict };
    this.onSpent(delivery.lease);
    trace.note(`attempt of ${entry.key} ends: ${verdict === null ? "cut off" : `${verdict.code}, ${verdict.state}`}`);
    if (entry.isTest) return;
    slots.free(entry.webhook.key);
    if (verdict?.state === "pending") slots.rest(entry.webhook.key, now(), verdict.restMs);
    if (flight.truth?.kind === "untried") slots.rest(entry.webhook.key, now(), DESCRIPTORS_WAIT_MS);
  }

  #judgeOutcome({ entry, delivery, startedAt, truth }: Flight, code: Attempt["code"]): Verdict {
    const { judge, clock } = this.#parts;
    const { retryScheduleMs, urlPassed, timeoutMs } = delivery.webhook;
    const verdict = verdictOn({
      truth: truth ?? { kind: "unsent", code },
      number: entry.attempts + 1,
      scheduleMs: retryScheduleMs ?? DEFAULT_SCHEDULE_MS,
      isTest: entry.isTest,
      urlPassed,
    });
    judge.expect("verdict", code === verdict.code, () => `${entry.id}: ${code} and not ${verdict.code}`);
    const isPossible = truth !== null || code === "unresolved" || code === "blocked" || code === "timeout";
    judge.expect("verdict", isPossible, () => `${entry.id}: ${code} without a request`);
    const tookMs = clock.monotonic() - startedAt;
    const isInTime = code !== "timeout" || tookMs === (timeoutMs ?? DEFAULT_TIMEOUT_MS);
    judge.expect("verdict", isInTime, () => `${entry.id} timed out after ${tookMs} ms, not ${timeoutMs}`);
    return verdict;
  }
}

function codeOf(outcome: NonNullable<Response["learnt"]>["outcome"]): Attempt["code"] {
  return outcome.kind === "unreachable" ? outcome.failure : outcome.kind;
}
