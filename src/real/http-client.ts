import { createSecureContext, type SecureContext } from "node:tls";
import { IDLE_CONNECTIONS_MAX } from "../limits.ts";
import type { Clock, Cutoff, Exchange, OutgoingRequest, SendFailure } from "../world.ts";
import { createClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { type Destination, Destinations } from "./destination.ts";
import { type DialTarget, dial } from "./dial.ts";
import { wireRequest } from "./wire-request.ts";

export interface HttpClientOptions {
  /** PEM certificates that `https:` receivers are checked against, instead of the system's. */
  readonly ca?: string;
  /** How many idle connections are kept; without it, as many as an unlimited machine allows. */
  readonly idleMax?: number;
  /** Tells when idle connections are looked at. */
  readonly after?: Clock["after"];
}

/**
 * HTTP/1.1 over connections to vetted addresses, each kept for the next request to the same origin at the same address. SNI,
 * certificate check and Host are those of the URL. No name is resolved, no redirect followed, no proxy of the environment
 * used, nothing sent twice, nothing decompressed.
 */
export class HttpClient {
  readonly #ca: string | undefined;
  readonly #connections: Connections<Connection>;
  readonly #destinations = new Destinations();
  #context: SecureContext | null = null;

  constructor({ ca, idleMax = IDLE_CONNECTIONS_MAX, after = createClock().after }: HttpClientOptions) {
    this.#ca = ca;
    this.#connections = new Connections({ after, idleMax });
  }

  /** See `Transport.send`. */
  send(request: OutgoingRequest, cutoff: Cutoff): Promise<Exchange> {
    if (cutoff.isCut) return Promise.resolve(failed("aborted", false));
    const destination = this.#destinations.of(request.url);
    const wire = wireRequest(destination.requestStart, request);
    if (wire === null) return Promise.resolve(failed("connect_failed", true));
    const key = destination.keyAt(request.address);
    return new Promise((resolve) => {
      // A kept connection that turns out to be gone has taken nothing of the request.
      for (let kept = this.#connections.take(key); kept !== undefined; kept = this.#connections.take(key)) {
        if (kept.send(wire, cutoff, resolve)) return;
      }
      this.#connect(key, this.#target(request, destination), cutoff, (connection) => {
        const isSent = typeof connection !== "string" && connection.send(wire, cutoff, resolve);
        if (!isSent) resolve(failed(typeof connection === "string" ? connection : "connect_failed", true));
      });
    });
  }

  /** Closes what is idle. */
  close(): void {
    this.#connections.close();
  }

  /** `connected` gets the connection, or why there is none. For want of descriptors, those of idle connections are used. */
  #connect(
    key: string,
    target: DialTarget,
    cutoff: Cutoff,
    connected: (result: Connection | SendFailure) => void,
  ): void {
    const giveUp = dial(target, (dialled) => {
      cutoff.onCut = null;
      const isForWant = !dialled.ok && dialled.failure === "no_descriptors";
      if (isForWant && this.#connections.closeLongestIdle()) this.#connect(key, target, cutoff, connected);
      else if (!dialled.ok) connected(dialled.failure);
      else connected(new Connection(key, this.#connections, dialled.socket, dialled.timings));
    });
    cutoff.onCut = () => {
      cutoff.onCut = null;
      giveUp();
      connected("aborted");
    };
  }

  #target({ address, connectTimeoutMs }: OutgoingRequest, { port, certificateName }: Destination): DialTarget {
    if (certificateName === null) return { address, port, connectTimeoutMs, tls: null };
    // Reading the system's certificates takes long, and one context serves all.
    this.#context ??= createSecureContext(this.#ca === undefined ? {} : { ca: this.#ca });
    return { address, port, connectTimeoutMs, tls: { name: certificateName, context: this.#context } };
  }
}

/** Nobody asks of what was cut off whether anything was written. */
function failed(failure: SendFailure, nothingWritten: boolean): Exchange {
  return { ok: false, failure, nothingWritten: nothingWritten && failure !== "aborted" };
}
