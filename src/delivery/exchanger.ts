import type { KeptResponse, Outcome, SignedHeaders, Timings } from "../domain/attempt.ts";
import { classify, isSuccess } from "../domain/attempt.ts";
import { BODY_BEYOND_MS, BODY_READ_MS, RESPONSE_HEADERS_KEPT_MAX_BYTES, SUCCESS_CAPTURE_MAX_BYTES } from "../limits.ts";
import type { ClaimedDelivery } from "../store/contract.ts";
import type { Answer, Clock, Exchange, Millis, ResponseBody, SendFailure, Transport } from "../world.ts";
import type { Deadline } from "./deadline.ts";
import { EchoMask } from "./echo-mask.ts";
import type { Guard, Passage, Passed } from "./guard.ts";
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

/** When an exchange began, by both clocks. */
interface Start {
  readonly startedAt: Millis;
  readonly monotonicAt: number;
}

const NO_ADDRESS: Exchange = { ok: false, failure: "connect_failed", nothingWritten: true };
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
    const start: Start = { startedAt: clock.wall(), monotonicAt: clock.monotonic() };

    const judged = guard.judge(delivery.webhook.url);
    const passage = judged instanceof Promise ? await deadline.bound(judged) : judged;
    if (passage === null) return this.#unsent(start, cutOff(deadline, timeoutMs), null);
    if (!passage.ok) return this.#unsent(start, refusal(passage), null);
    if (deadline.isCut) return this.#unsent(start, cutOff(deadline, timeoutMs), passage.dnsMs);

    const { headers, signed } = signRequest(delivery, clock.wall(), this.#parts.sealing);
    const sent = await this.#send(delivery, headers, passage, deadline);
    const { startedAt } = start;
    const durationMs = this.#elapsedMs(start);
    if (!sent.ok) {
      const outcome = failureOf(sent.failure, deadline, timeoutMs);
      const timings = { ...NO_TIMINGS, dnsMs: passage.dnsMs };
      return { outcome, startedAt, durationMs, signed, response: null, timings };
    }
    const { answer } = sent;
    const { connectMs, tlsMs } = answer.timings;
    const timings = { dnsMs: passage.dnsMs, connectMs, tlsMs, firstByteMs: durationMs };
    const echoes = EchoMask.of(delivery.webhook.headers);
    const head = echoes === null ? answer : echoes.head(answer);
    const outcome = classify(head, clock.wall());
    const reading = this.#read(answer, deadline);
    const { bytes, end } = reading instanceof Promise ? await reading : reading;
    const body = echoes === null ? bytes : echoes.body(bytes);
    const response = { headers: wholeHeaders(head.headers), body, bodyEnd: end };
    return { outcome, startedAt, durationMs, signed, response, timings };
  }

  /** Each vetted address after the other, the next only when the connect failed and nothing was written. */
  #send(
    delivery: ClaimedDelivery,
    headers: SignedRequest["headers"],
    passage: Passed,
    deadline: Deadline,
    attempt = 0,
  ): Promise<Exchange> {
    const { transport, connectTimeoutMs, responseCaptureBytes: responseMaxBytes } = this.#parts;
    const { url, addresses } = passage;
    const address = addresses[attempt];
    if (address === undefined) return Promise.resolve(NO_ADDRESS);
    const request = { url, address, headers, body: delivery.body, connectTimeoutMs, responseMaxBytes };
    const sending = transport.send(request, deadline);
    if (attempt === addresses.length - 1) return sending;
    return sending.then((sent) => {
      const isOver = sent.ok || !sent.nothingWritten || deadline.isCut;
      return isOver ? sent : this.#send(delivery, headers, passage, deadline, attempt + 1);
    });
  }

  /** The status has decided; the body gets a moment of its own and changes nothing. */
  #read(answer: Answer, deadline: Deadline): ResponseBody | Promise<ResponseBody> {
    const { responseCaptureBytes } = this.#parts;
    const maxBytes = isSuccess(answer.status)
      ? Math.min(SUCCESS_CAPTURE_MAX_BYTES, responseCaptureBytes)
      : responseCaptureBytes;
    const reading = answer.read(maxBytes, deadline);
    if (reading instanceof Promise) deadline.restart(BODY_READ_MS, BODY_BEYOND_MS);
    return reading;
  }

  #unsent(start: Start, outcome: Reply["outcome"], dnsMs: Millis | null): Reply {
    const timings = { ...NO_TIMINGS, dnsMs };
    const durationMs = this.#elapsedMs(start);
    return { outcome, startedAt: start.startedAt, durationMs, signed: null, response: null, timings };
  }

  #elapsedMs({ monotonicAt }: Start): Millis {
    return Math.max(0, Math.round(this.#parts.clock.monotonic() - monotonicAt));
  }
}

function failureOf(failure: SendFailure, deadline: Deadline, timeoutMs: Millis): Reply["outcome"] {
  if (failure === "aborted") return cutOff(deadline, timeoutMs);
  return failure === "no_descriptors" ? "unsent" : { kind: "unreachable", failure };
}

function cutOff(deadline: Deadline, timeoutMs: Millis): Outcome | "stopped" {
  return deadline.cause === "stopped" ? "stopped" : { kind: "timeout", afterMs: timeoutMs };
}

function refusal(passage: Exclude<Passage, Passed>): Outcome | "unsent" {
  if (passage.kind === "blocked") return { kind: "blocked", rule: passage.rule };
  return passage.isAsked ? { kind: "unresolved" } : "unsent";
}

/** The first headers that fit into what is kept, none cut in two; most often all, and then the very same list. */
function wholeHeaders(headers: Answer["headers"]): Answer["headers"] {
  let bytes = 0;
  for (const [index, [name, value]] of headers.entries()) {
    bytes += name.length + value.length + 4;
    if (bytes > RESPONSE_HEADERS_KEPT_MAX_BYTES) return headers.slice(0, index);
  }
  return headers;
}
