import type { Attempt } from "../../src/domain/attempt.ts";
import type { Exchange, Millis, SendFailure } from "../../src/world.ts";

/** What really happened to an attempt, as the network saw it. */
export type Truth =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs: Millis }
  | { readonly kind: "broke"; readonly code: Attempt["code"] }
  | { readonly kind: "silence" }
  /** This process could not even try: no fault of the receiver's. */
  | { readonly kind: "untried" }
  /** No request went out; that much is certain, and only the guard knows why. */
  | { readonly kind: "unsent"; readonly code: Attempt["code"] };

export interface Case {
  readonly truth: Truth;
  /** Of this attempt, from 1. */
  readonly number: number;
  readonly scheduleMs: readonly Millis[];
  readonly isTest: boolean;
  readonly urlPassed: boolean;
}

export type Verdict =
  | { readonly code: Attempt["code"]; readonly state: "delivered"; readonly because: null }
  | { readonly code: Attempt["code"]; readonly state: "failed"; readonly because: string }
  | {
      readonly code: Attempt["code"];
      readonly state: "pending";
      /** Bounds of the wait before the next attempt. */
      readonly leastMs: Millis;
      readonly mostMs: Millis;
      /** How long the webhook's other deliveries have to rest. */
      readonly restMs: Millis;
    };

const SUCCESSES: ReadonlySet<number> = new Set([200, 201, 202, 204]);
const DAY_MS = 86_400_000;
const REST_MAX_MS = 60_000;

/** The specification and the design once more, in few words: what has to become of a delivery after an attempt. */
export function verdictOn({ truth, number, scheduleMs, isTest, urlPassed }: Case): Verdict {
  const code = codeOf(truth);
  if (code === "success") return { code, state: "delivered", because: null };
  if (truth.kind === "answered" && truth.status === 410 && !isTest) return { code, state: "failed", because: "gone" };
  const stepMs = isTest ? undefined : scheduleMs[number - 1];
  const isRefused = code === "blocked" && !urlPassed;
  if (stepMs === undefined || isRefused) {
    return { code, state: "failed", because: code === "blocked" ? "blocked" : "exhausted" };
  }
  const askedMs = truth.kind === "answered" ? truth.retryAfterMs : 0;
  const movedMs = Math.min(askedMs, DAY_MS);
  return {
    ...{ code, state: "pending" },
    leastMs: Math.max(stepMs, movedMs),
    mostMs: Math.max(stepMs * 1.1, movedMs),
    restMs: Math.min(askedMs, REST_MAX_MS),
  };
}

function codeOf(truth: Truth): Attempt["code"] {
  if (truth.kind === "answered") return SUCCESSES.has(truth.status) ? "success" : "status";
  if (truth.kind === "untried") return "connect_failed";
  return truth.kind === "silence" ? "timeout" : truth.code;
}

/** What an exchange was, as the network saw it. @param wallAt the moment of the reply, for a date in its `Retry-After` */
export function truthOf(exchange: Exchange, wallAt: Millis): Truth {
  if (!exchange.ok) return failureOf(exchange.failure);
  const { status, headers } = exchange.answer;
  const isHeeded = status === 429 || status === 503;
  const retryAfter = isHeeded ? headers.find(([name]) => name === "Retry-After")?.[1] : undefined;
  return { kind: "answered", status, retryAfterMs: retryAfter === undefined ? 0 : waitOf(retryAfter, wallAt) };
}

function failureOf(failure: SendFailure): Truth {
  if (failure === "aborted") return { kind: "silence" };
  return failure === "no_descriptors" ? { kind: "untried" } : { kind: "broke", code: failure };
}

function waitOf(retryAfter: string, wallAt: Millis): Millis {
  const seconds = Number(retryAfter);
  return Number.isNaN(seconds) ? Math.max(0, Date.parse(retryAfter) - wallAt) : seconds * 1_000;
}
