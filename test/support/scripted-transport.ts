import type { Clock, Cutoff, Exchange, Millis, OutgoingRequest, Transport } from "../../src/world.ts";
import { createArrivals } from "./arrivals.ts";
import { orCut } from "./fake-wait.ts";
import { createFlights } from "./flights.ts";
import { ABORTED, play, reply, type ScriptedReply } from "./scripted-reply.ts";

/** A request as the fake network saw it. */
export interface SentRequest {
  /** 1-based, over all hosts. */
  readonly number: number;
  readonly url: string;
  /** What was connected to. */
  readonly address: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connectTimeoutMs: Millis;
  readonly wallAt: Millis;
  readonly monotonicAt: number;
}

/** Decides the reply to a host's `n`th request (1-based). May take its time, by the fake clock or by the test's promise. */
export type Script = (request: SentRequest, n: number) => ScriptedReply | Promise<ScriptedReply>;

export interface ScriptedTransport extends Transport {
  /** The behaviour of one host (`example.com`, with its port if the URL shows one) from now on. */
  on(host: string, script: Script): void;
  /** The behaviour of every host without one of its own; `reply(200)` until it is set. */
  otherwise(script: Script): void;
  readonly requests: readonly SentRequest[];
  /** The oldest request that no earlier call took, as soon as there is one; fails with this name. */
  next(name: string): Promise<SentRequest>;
  /** Exchanges that have neither failed nor had their body read yet; of one URL, or of all. */
  inFlight(url?: string): number;
  /** The most of them there ever were at once; of one URL, or of all. */
  maxInFlight(url?: string): number;
  readonly closed: boolean;
}

/** A network of receivers that do what their scripts say, on the fake clock. Sends nothing anywhere. */
export function createScriptedTransport(clock: Clock): ScriptedTransport {
  const scripts = new Map<string, Script>();
  const counts = new Map<string, number>();
  const arrivals = createArrivals<SentRequest>();
  const flights = createFlights();
  let fallback: Script = () => reply(200);
  let closed = false;

  async function send(request: OutgoingRequest, cutoff: Cutoff): Promise<Exchange> {
    if (closed) throw new Error("the transport was used after it was closed");
    if (cutoff.isCut) return ABORTED;
    const land = flights.start(request.url.href);
    const exchange = await perform(request, cutoff, land);
    if (!exchange.ok) land();
    return exchange;
  }

  async function perform(request: OutgoingRequest, cutoff: Cutoff, land: () => void): Promise<Exchange> {
    const { host } = request.url;
    const n = (counts.get(host) ?? 0) + 1;
    counts.set(host, n);
    const sent = record(request, arrivals.all.length + 1, clock);
    arrivals.push(sent);
    const script = scripts.get(host) ?? fallback;
    const scripted = await orCut(Promise.resolve(script(sent, n)), cutoff);
    return scripted === null ? ABORTED : play(scripted, request, cutoff, clock, land);
  }

  return {
    send,
    close: async () => {
      closed = true;
    },
    on: (host, script) => {
      scripts.set(host, script);
    },
    otherwise: (script) => {
      fallback = script;
    },
    requests: arrivals.all,
    next: arrivals.next,
    inFlight: flights.now,
    maxInFlight: flights.most,
    get closed() {
      return closed;
    },
  };
}

function record(request: OutgoingRequest, number: number, clock: Clock): SentRequest {
  return {
    number,
    url: request.url.href,
    address: request.address,
    headers: Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: request.body,
    connectTimeoutMs: request.connectTimeoutMs,
    wallAt: clock.wall(),
    monotonicAt: clock.monotonic(),
  };
}
