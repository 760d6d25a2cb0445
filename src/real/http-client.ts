import { createSecureContext, type SecureContext } from "node:tls";
import { IDLE_CONNECTIONS_MAX } from "../limits.ts";
import type { Clock, Cutoff, Exchange, OutgoingRequest, SendFailure } from "../world.ts";
import { createClock } from "./clock.ts";
import { Connection, type ConnectionHome } from "./connection.ts";
import { ConnectionQueue } from "./connection-queue.ts";
import { Connections } from "./connections.ts";
import { DescriptorReserve } from "./descriptor-reserve.ts";
import { type Destination, Destinations } from "./destination.ts";
import { type DialTarget, dial } from "./dial.ts";
import { Distrust } from "./distrust.ts";
import { Hearing } from "./hearing.ts";
import { wireRequest } from "./wire-request.ts";

export interface HttpClientOptions {
  /** PEM certificates that `https:` receivers are checked against, instead of the system's. */
  readonly ca?: string;
  /** How many idle connections are kept; without it, as many as an unlimited machine allows. */
  readonly idleMax?: number;
  /** Where descriptors are taken from when there are no others; it is disposed of with the client. */
  readonly reserve?: DescriptorReserve;
  /** Tells when idle connections are looked at. */
  readonly after?: Clock["after"];
}

/**
 * HTTP/1.1 over connections to vetted addresses, each kept for the next request to the same origin at the same address. SNI,
 * certificate check and Host are those of the URL. No name is resolved, no redirect followed, no proxy of the environment
 * used, nothing sent twice, nothing decompressed.
 */
export class HttpClient implements ConnectionHome {
  readonly #ca: string | undefined;
  readonly #connections: Connections<Connection>;
  readonly #reserve: DescriptorReserve;
  readonly #distrust = new Distrust();
  readonly #hearing = new Hearing<Connection>((connection) => this.#handOver(connection));
  /** Of the receivers that somebody waits for. */
  readonly #queues = new Map<string, ConnectionQueue<Connection>>();
  readonly #destinations = new Destinations();
  #context: SecureContext | null = null;

  constructor(options: HttpClientOptions) {
    const {
      ca,
      idleMax = IDLE_CONNECTIONS_MAX,
      reserve = new DescriptorReserve(0),
      after = createClock().after,
    } = options;
    this.#ca = ca;
    this.#reserve = reserve;
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
      this.#queue(key, this.#target(request, destination)).enter({
        cutoff,
        use: (connection) => connection.send(wire, cutoff, resolve),
        fail: (failure) => resolve(failed(failure, true)),
      });
    });
  }

  keep(connection: Connection): void {
    this.#hearing.begin(connection);
  }

  /** Its descriptor has just come free, and nobody else has had the time to take it. */
  forget(connection: Connection): void {
    this.#connections.forget(connection);
    this.#reserve.refill();
  }

  /** What is idle there may already have been sent more as well. */
  distrust({ key }: Connection): void {
    this.#distrust.add(key);
    for (let kept = this.#connections.take(key); kept !== undefined; kept = this.#connections.take(key)) kept.close();
  }

  /**
   * Gives up a descriptor of the reserve, or else that of the longest idle connection, to whoever opens something before the
   * process waits again; false when there is neither.
   */
  makeRoom(): boolean {
    if (this.#reserve.lend()) return true;
    if (!this.#connections.closeLongestIdle()) return false;
    // What was closed is in the reserve by now.
    this.#reserve.lend();
    return true;
  }

  /** Closes what is idle. */
  close(): void {
    this.#connections.close();
    this.#reserve[Symbol.dispose]();
  }

  /**
   * A connection that came free goes to whoever waits for one. Never behind the first response: many a receiver closes there
   * without a word of it, and the next request would be lost.
   */
  #handOver(connection: Connection): void {
    if (this.#distrust.has(connection.key)) {
      connection.close();
      return;
    }
    const isTaken = connection.isProven && this.#queues.get(connection.key)?.offer(connection) === true;
    if (!isTaken) this.#connections.keep(connection);
  }

  #queue(key: string, target: DialTarget): ConnectionQueue<Connection> {
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue = new ConnectionQueue<Connection>({
      dial: (dialled) => this.#dial(key, target, dialled),
      spare: (connection) => connection.rest(),
      idle: () => this.#queues.delete(key),
    });
    this.#queues.set(key, queue);
    return queue;
  }

  /** For want of descriptors, those of the reserve and of idle connections are used. */
  #dial(key: string, target: DialTarget, dialled: (result: Connection | SendFailure) => void): () => void {
    let giveUp = () => {};
    const once = () => {
      giveUp = dial(target, (result) => {
        const isForWant = !result.ok && result.failure === "no_descriptors";
        if (!isForWant) this.#reserve.refill();
        if (isForWant && this.makeRoom()) once();
        else if (!result.ok) dialled(result.failure);
        else dialled(new Connection(key, this, result.socket, result.timings));
      });
    };
    once();
    return () => {
      giveUp();
      this.#reserve.refill();
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
