import type { KeptResponse, Outcome, SignedHeaders, Timings } from "../domain/attempt.ts";
import { classify, isSuccess } from "../domain/attempt.ts";
import { BODY_READ_MS, RESPONSE_HEADERS_KEPT_MAX_BYTES, SUCCESS_CAPTURE_MAX_BYTES } from "../limits.ts";
import type { ClaimedDelivery } from "../store/contract.ts";
import type { Answer, Clock, Exchange, Millis, SendFailure, Transport } from "../world.ts";
import type { Deadline } from "./deadline.ts";
import type { Guard, Passage } from "./guard.ts";
import { type Sealing, type SignedRequest, signRequest } from "./signed-request.ts";

export interface ExchangerParts {
  readonly guard: Pick<Guard, "judge">;
  readonly transport: Pick<Transport, "send">;
  readonly clock: Pick<Clock, "wall" | "monotonic">;
  readonly sealing: Sealing;
  readonly connectTimeoutMs: Millis;
  readonly responseCaptureBytes: number;
}

/** What came of one request. */
export interface Reply {
  /** `stopped`: it was cut off because the process stops. `unsent`: this process may open no more files, so nothing was tried. */
  readonly outcome: Outcome | "stopped" | "unsent";
  readonly startedAt: Millis;
  /** To the complete head, or to the failure. */
  readonly durationMs: Millis;
  readonly signed: SignedHeaders | null;
  readonly response: KeptResponse | null;
  readonly timings: Timings;
}

const NO_TIMINGS: Timings = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null };

/** One HTTP exchange with a receiver: guard, sign, send, read. It decides nothing about the delivery. */
export class Exchanger {
  readonly #parts: ExchangerParts;

  constructor(parts: ExchangerParts) {
    this.#parts = parts;
  }

  /** Never rejects for anything that a receiver, a name server or a clock can do. Returns when the response has ended. */
  async exchange(delivery: ClaimedDelivery, deadline: Deadline, timeoutMs: Millis): Promise<Reply> {
    const { clock, guard } = this.#parts;
    const startedAt = clock.wall();
    const startedMonotonic = clock.monotonic();
    const elapsed = () => Math.max(0, Math.round(clock.monotonic() - startedMonotonic));
    const unsent = (outcome: Reply["outcome"], dnsMs: number | null): Reply => {
      const timings = { ...NO_TIMINGS, dnsMs };
      return { outcome, startedAt, durationMs: elapsed(), signed: null, response: null, timings };
    };

    const judged = guard.judge(delivery.webhook.url);
    const passage = judged instanceof Promise ? await deadline.bound(judged) : judged;
    if (passage === null) return unsent(cutOff(deadline, timeoutMs), null);
    if (!passage.ok) return unsent(refusal(passage), null);
    if (deadline.cause !== null) return unsent(cutOff(deadline, timeoutMs), passage.dnsMs);

    const request = signRequest(delivery, clock.wall(), this.#parts.sealing);
    const sent = await this.#send(delivery, request, passage, deadline);
    const durationMs = elapsed();
    const base = { startedAt, durationMs, signed: request.signed };
    if (!sent.ok) {
      const outcome = failureOf(sent.failure, deadline, timeoutMs);
      return { ...base, outcome, response: null, timings: { ...NO_TIMINGS, dnsMs: passage.dnsMs } };
    }
    const { answer } = sent;
    const timings = { dnsMs: passage.dnsMs, ...answer.timings, firstByteMs: durationMs };
    const outcome = classify(answer, clock.wall());
    return { ...base, outcome, response: await this.#read(answer, deadline), timings };
  }

  /** At most three vetted addresses, the next only when the connect failed and nothing was written. */
  async #send(
    delivery: ClaimedDelivery,
    { headers }: SignedRequest,
    passage: Extract<Passage, { ok: true }>,
    deadline: Deadline,
  ): Promise<Exchange> {
    const { transport, connectTimeoutMs } = this.#parts;
    let last: Exchange = { ok: false, failure: "connect_failed", nothingWritten: true };
    for (const address of passage.addresses) {
      const request = { url: passage.url, address, headers, body: delivery.body, connectTimeoutMs };
      last = await transport.send(request, deadline);
      if (last.ok || !last.nothingWritten || deadline.cause !== null) return last;
    }
    return last;
  }

  /** The status has decided; the body gets a moment of its own and changes nothing. */
  async #read(answer: Answer, deadline: Deadline): Promise<KeptResponse> {
    const { responseCaptureBytes } = this.#parts;
    const maxBytes = isSuccess(answer.status)
      ? Math.min(SUCCESS_CAPTURE_MAX_BYTES, responseCaptureBytes)
      : responseCaptureBytes;
    const reading = answer.read(maxBytes, deadline);
    if (reading instanceof Promise) deadline.restart(BODY_READ_MS);
    const { bytes, end } = reading instanceof Promise ? await reading : reading;
    return { headers: wholeHeaders(answer.headers), body: bytes, bodyEnd: end };
  }
}

function failureOf(failure: SendFailure, deadline: Deadline, timeoutMs: Millis): Reply["outcome"] {
  if (failure === "aborted") return cutOff(deadline, timeoutMs);
  return failure === "no_descriptors" ? "unsent" : { kind: "unreachable", failure };
}

function cutOff(deadline: Deadline, timeoutMs: Millis): Outcome | "stopped" {
  return deadline.cause === "stopped" ? "stopped" : { kind: "timeout", afterMs: timeoutMs };
}

function refusal(passage: Extract<Passage, { ok: false }>): Outcome | "unsent" {
  if (passage.kind === "blocked") return { kind: "blocked", rule: passage.rule };
  return passage.isAsked ? { kind: "unresolved" } : "unsent";
}

/** The first headers that fit into what is kept, none cut in two. */
function wholeHeaders(headers: Answer["headers"]): Answer["headers"] {
  const kept: (readonly [string, string])[] = [];
  let bytes = 0;
  for (const [name, value] of headers) {
    bytes += name.length + value.length + 4;
    if (bytes > RESPONSE_HEADERS_KEPT_MAX_BYTES) break;
    kept.push([name, value]);
  }
  return kept;
}
