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
}

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
  send({ data, bytes }: WireRequest, cutoff: Cutoff, resolve: (exchange: Exchange) => void): boolean {
    const written = this.#socket.write(data);
    if (written < 0) return false;
    if (written < bytes) this.#unwritten = Buffer.from(data).subarray(written);
    this.#exchange = new HttpExchange(this, cutoff, resolve);
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
    if (this.#exchange === null) this.#discard();
    else this.#exchange.received(chunk);
  }

  writable(): void {
    if (this.#unwritten !== null) this.#write(this.#unwritten);
  }

  ended(): void {
    this.#exchange?.ended();
    this.#discard();
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

  /** Nobody has asked for anything that could be coming. */
  #discard(): void {
    this.#home.forget(this);
    this.abort();
  }

  /** What is too much for the system now is written when it says so. */
  #write(bytes: Uint8Array): void {
    const written = Math.max(0, this.#socket.write(bytes));
    this.#unwritten = written < bytes.length ? bytes.subarray(written) : null;
  }
}
