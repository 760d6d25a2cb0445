import type { Socket } from "node:net";
import type { ConnectTimings, Cutoff, Exchange } from "../world.ts";
import type { Keepable } from "./connections.ts";
import { type ExchangeConnection, HttpExchange } from "./http-exchange.ts";
import { type RawSocket, type SocketEvents, takeOver } from "./raw-socket.ts";
import { RecentHead } from "./recent-head.ts";
import type { WireRequest } from "./wire-request.ts";

/** Where a connection waits between two exchanges. */
export interface ConnectionHome {
  /** Its response has come to an end, and it can take another request. */
  keep(connection: Connection): void;
  /** It was kept, and cannot be used any more. */
  forget(connection: Connection): void;
  /** Its receiver sends what nobody has asked for. */
  distrust(connection: Connection): void;
}

const REQUEST_TIMEOUT = /^HTTP\/1\.\d 408/;
const REQUEST_TIMEOUT_CHARACTERS = "HTTP/1.1 408".length;
const REUSED: ConnectTimings = { connectMs: null, tlsMs: null };

/** One connection to one receiver, and HTTP/1.1 on it, one request at a time. */
export class Connection implements SocketEvents, ExchangeConnection, Keepable {
  /** Requests of the same key may use it. */
  readonly key: string;
  keptAs = 0;
  readonly recentHead = new RecentHead();
  readonly #home: ConnectionHome;
  readonly #socket: RawSocket;
  #timings: ConnectTimings;
  #answers = 0;
  #isOpen = true;
  #exchange: HttpExchange | null = null;
  /** What the system has not taken yet of the request. */
  #unwritten: Uint8Array | null = null;

  /** @param socket connected, and with its handshake done; the connection takes it over */
  constructor(key: string, home: ConnectionHome, socket: Socket, timings: ConnectTimings) {
    this.key = key;
    this.#home = home;
    this.#timings = timings;
    this.#socket = takeOver(socket, this);
  }

  /**
   * Sends a request, and tells `resolve` what comes of it.
   *
   * @returns false when the connection is gone, and nothing of the request was written
   */
  send({ data, bytes, responseMaxBytes }: WireRequest, cutoff: Cutoff, resolve: (exchange: Exchange) => void): boolean {
    const written = this.#socket.write(data);
    if (written < 0) return false;
    if (written < bytes) this.#unwritten = Buffer.from(data).subarray(written);
    this.#exchange = new HttpExchange(this, { responseMaxBytes, cutoff, resolve });
    return true;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get timings(): ConnectTimings {
    return this.#timings;
  }

  /** Whether its receiver has shown that it does answer more than one request. */
  get isProven(): boolean {
    return this.#answers > 1;
  }

  finish(isPersistent: boolean): void {
    this.#answers += 1;
    // An answer to a request that was not taken whole: what would come next on this connection is anybody's guess.
    if (this.#unwritten !== null) this.abort();
    else if (isPersistent) this.rest();
    else this.close();
  }

  /** Nothing is under way on it, and the next request need not wait for a connect. */
  rest(): void {
    this.#exchange = null;
    this.#timings = REUSED;
    this.#home.keep(this);
  }

  overrun(): void {
    this.#home.distrust(this);
    this.abort();
  }

  /** Tears it down, whatever is on its way. */
  abort(): void {
    this.#leave();
    this.#socket.terminate();
  }

  /** Ends it in good order. */
  close(): void {
    this.#leave();
    this.#socket.close();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  received(chunk: Buffer): void {
    if (this.#exchange !== null) this.#exchange.received(chunk);
    else if (!this.#isOpen) this.abort();
    else this.#discard(chunk);
  }

  writable(): void {
    if (this.#unwritten !== null) this.#write(this.#unwritten);
  }

  ended(): void {
    this.#exchange?.ended();
    this.#home.forget(this);
    this.abort();
  }

  closed(): void {
    this.#exchange?.broke();
    this.#leave();
    this.#home.forget(this);
  }

  #leave(): void {
    this.#isOpen = false;
    this.#exchange = null;
  }

  /** Nobody has asked for it; but a receiver may say that it has waited long enough (RFC 9110 §15.5.9). */
  #discard(chunk: Buffer): void {
    this.#home.forget(this);
    if (REQUEST_TIMEOUT.test(chunk.toString("latin1", 0, REQUEST_TIMEOUT_CHARACTERS))) this.abort();
    else this.overrun();
  }

  /** What is too much for the system now is written when it says so. */
  #write(bytes: Uint8Array): void {
    const written = Math.max(0, this.#socket.write(bytes));
    this.#unwritten = written < bytes.length ? bytes.subarray(written) : null;
  }
}
