import assert from "node:assert/strict";
import type { ReceivedRequest } from "../support/receiver.ts";
import { Spread } from "./spread.ts";
import type { Figures } from "./suite.ts";

/** What one webhook's receiver does with every event. */
export interface Route {
  readonly path: string;
  /** How many attempts each delivery takes. */
  readonly attempts: number;
  /** The status for an attempt, by its number. */
  readonly answer: (number: number) => number;
}

interface Arrival {
  readonly number: number;
  /** By the monotonic clock of the test. */
  readonly atMs: number;
  /** What Posthorn's wall clock said. */
  readonly wallSeconds: number;
}

/** A stall that a stepped clock makes lasts as long as the step, which is 10 s at least; a busy machine is not this slow. */
const STALL_MIN_MS = 9_000;
/** Due times are whole milliseconds. */
const ROUNDING_MS = 1;

/** When every attempt came, by a clock that nobody sets. */
export class AttemptTimes {
  readonly #routes: readonly Route[];
  readonly #scheduleMs: readonly number[];
  readonly #postedAtMs = new Map<string, number>();
  readonly #arrivals = new Map<string, Arrival[]>();
  readonly #startedAtMs: number[] = [];

  /** @param scheduleMs the waits before the retries, of all routes */
  constructor(routes: readonly Route[], scheduleMs: readonly number[]) {
    this.#routes = routes;
    this.#scheduleMs = scheduleMs;
  }

  /** What was due at a wall time is due at once, and rightly so, when the wall clock is past it at the next start. */
  startedAnew(): void {
    this.#startedAtMs.push(performance.now());
  }

  posted(event: string): void {
    this.#postedAtMs.set(event, performance.now());
  }

  /** @returns the status to answer */
  arrived({ path, body, headers }: ReceivedRequest): number {
    const { id }: { id: string } = JSON.parse(body);
    const number = Number(headers["x-smartcv-attempt"]);
    const arrival = { number, atMs: performance.now(), wallSeconds: Number(headers["x-smartcv-timestamp"]) };
    const key = keyOf(path, id);
    this.#arrivals.set(key, [...(this.#arrivals.get(key) ?? []), arrival]);
    return this.#routes.find((route) => route.path === path)?.answer(number) ?? 404;
  }

  /** Whether every attempt at these events has come. */
  areDone(events: ReadonlySet<string>): boolean {
    const isDone = (event: string) =>
      this.#routes.every(({ path, attempts }) => this.#arrivals.get(keyOf(path, event))?.length === attempts);
    return [...events].every(isDone);
  }

  /** @throws what came too often, too rarely, too early or too late */
  audit(events: ReadonlySet<string>): Figures {
    const [first, late, acrossStart] = [new Spread(), new Spread(), new Spread()];
    for (const event of events) {
      for (const { path, attempts } of this.#routes) {
        const arrivals = this.#arrivals.get(keyOf(path, event)) ?? [];
        const numbers = arrivals.map(({ number }) => number);
        assert.deepEqual(
          numbers,
          Array.from({ length: attempts }, (_, index) => index + 1),
          `${path} ${event}`,
        );
        const times = [this.#postedAtMs.get(event) ?? 0, ...arrivals.map(({ atMs }) => atMs)];
        for (const [index, atMs] of times.slice(1).entries()) {
          const beforeMs = times[index] ?? 0;
          // A step counts from the end of the attempt before it, which is never earlier than its arrival.
          const lateMs = atMs - beforeMs - (index === 0 ? 0 : (this.#scheduleMs[index - 1] ?? 0));
          if (this.#isStartBetween(beforeMs, atMs)) acrossStart.add(lateMs);
          else (index === 0 ? first : late).add(lateMs);
        }
      }
    }
    assert.ok(late.least >= -ROUNDING_MS, `a retry came ${-late.least} ms before its time`);
    const worst = Math.max(first.worst, late.worst, acrossStart.worst);
    assert.ok(worst < STALL_MIN_MS, `an attempt came ${worst} ms after its time`);
    return {
      "event → first attempt, ms": String(first),
      "retries beyond their step, ms": String(late),
      "the same across a restart, ms": String(acrossStart),
    };
  }

  #isStartBetween(fromMs: number, toMs: number): boolean {
    return this.#startedAtMs.some((startedAtMs) => fromMs < startedAtMs && startedAtMs < toMs);
  }

  /** How far the wall clock that signed was from the machine's, at its extremes, in days. */
  get wallDays(): readonly [least: number, most: number] {
    const ahead = [...this.#arrivals.values()].flat().map(({ wallSeconds }) => wallSeconds - Date.now() / 1_000);
    const days = (seconds: number) => seconds / 86_400;
    return [
      days(ahead.reduce((one, other) => Math.min(one, other))),
      days(ahead.reduce((one, other) => Math.max(one, other))),
    ];
  }
}

function keyOf(path: string, event: string): string {
  return `${path} ${event}`;
}
