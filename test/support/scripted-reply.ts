import type {
  Answer,
  BodyEnd,
  Clock,
  Cutoff,
  Exchange,
  Millis,
  OutgoingRequest,
  ReceiverFailure,
  ResponseBody,
  SendFailure,
} from "../../src/world.ts";
import { orCut, pause } from "./fake-wait.ts";

/** What a receiver does with one request; built by `reply`, `hang`, `fail` and `connectTimeout`. */
export type ScriptedReply =
  | { readonly kind: "answer"; readonly status: number; readonly options: ReplyOptions }
  | { readonly kind: "hang" }
  | { readonly kind: "connect_timeout" }
  | { readonly kind: "no_descriptors" }
  | { readonly kind: "fail"; readonly failure: ScriptedFailure; readonly afterMs: Millis };

export type ScriptedFailure = Exclude<ReceiverFailure, "connect_timeout">;

export interface ReplyOptions {
  readonly statusText?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  /** How long the head takes. */
  readonly headMs?: Millis;
  /** The body comes one byte every so often; without it all at once. */
  readonly dripMs?: Millis;
  /** What comes after the last byte of the body; `slow`: nothing, but the connection stays open. */
  readonly bodyEnd?: Exclude<BodyEnd, "cut">;
}

/** A complete head with this status; at once and with the whole body, unless told otherwise. */
export function reply(status: number, options: ReplyOptions = {}): ScriptedReply {
  return { kind: "answer", status, options };
}

/** Takes the request and never answers. */
export function hang(): ScriptedReply {
  return { kind: "hang" };
}

/** The exchange breaks before a head was complete. */
export function fail(failure: ScriptedFailure, afterMs: Millis = 0): ScriptedReply {
  return { kind: "fail", failure, afterMs };
}

/** The address swallows the connect: fails after the request's own connect timeout. */
export function connectTimeout(): ScriptedReply {
  return { kind: "connect_timeout" };
}

/** There is no descriptor for a connection: the receiver is not even tried. */
export function noDescriptors(): ScriptedReply {
  return { kind: "no_descriptors" };
}

export const ABORTED: Exchange = { ok: false, failure: "aborted", nothingWritten: false };
const NOTHING_WRITTEN: ReadonlySet<SendFailure> = new Set([
  "connect_refused",
  "connect_failed",
  "connect_timeout",
  "tls_failed",
  "certificate_untrusted",
  "certificate_expired",
  "certificate_mismatch",
  "no_descriptors",
]);

/** Plays a reply on the fake clock. `ended` is called once the body was read to whatever end. */
export async function play(
  scripted: ScriptedReply,
  request: OutgoingRequest,
  cutoff: Cutoff,
  clock: Clock,
  ended: () => void,
): Promise<Exchange> {
  switch (scripted.kind) {
    case "hang":
      await orCut(new Promise(() => {}), cutoff);
      return ABORTED;
    case "connect_timeout":
      return (await pause(request.connectTimeoutMs, cutoff, clock)) ? failed("connect_timeout") : ABORTED;
    case "no_descriptors":
      return failed("no_descriptors");
    case "fail":
      return (await pause(scripted.afterMs, cutoff, clock)) ? failed(scripted.failure) : ABORTED;
    case "answer": {
      const arrived = await pause(scripted.options.headMs ?? 0, cutoff, clock);
      return arrived ? { ok: true, answer: answerOf(scripted.status, scripted.options, clock, ended) } : ABORTED;
    }
  }
}

function failed(failure: SendFailure): Exchange {
  return { ok: false, failure, nothingWritten: NOTHING_WRITTEN.has(failure) };
}

function answerOf(status: number, options: ReplyOptions, clock: Clock, ended: () => void): Answer {
  let wasRead = false;
  return {
    status,
    statusText: options.statusText ?? REASON_PHRASES[status] ?? "",
    headers: options.headers ?? [],
    timings: { connectMs: null, tlsMs: null },
    read: async (maxBytes, cutoff) => {
      if (wasRead) throw new Error("the body of one answer was read twice");
      wasRead = true;
      const body = await readBody(options, maxBytes, cutoff, clock);
      ended();
      return body;
    },
  };
}

async function readBody(options: ReplyOptions, maxBytes: number, cutoff: Cutoff, clock: Clock): Promise<ResponseBody> {
  const { body = "", dripMs = 0, bodyEnd = "complete" } = options;
  const whole = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const kept = whole.subarray(0, maxBytes);
  for (let come = 0; dripMs > 0 && come < kept.length; come++) {
    if (!(await pause(dripMs, cutoff, clock))) return { bytes: kept.subarray(0, come), end: "slow" };
  }
  if (whole.length > maxBytes) return { bytes: kept, end: "cut" };
  if (bodyEnd === "slow") await orCut(new Promise(() => {}), cutoff);
  return { bytes: kept, end: bodyEnd };
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  302: "Found",
  400: "Bad Request",
  404: "Not Found",
  410: "Gone",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};
