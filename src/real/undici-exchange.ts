import type { Dispatcher } from "undici-real";
import type { Answer, Exchange } from "../world.ts";
import { PushedBody } from "./pushed-body.ts";
import { readBody } from "./response-body.ts";
import type { TlsConnection } from "./tls-connection.ts";
import type { TlsConnections } from "./tls-connections.ts";
import { undiciFailure } from "./undici-failure.ts";

/** One request from its dispatch to the end of its body; undici tells it what happens. */
export class UndiciExchange implements Dispatcher.DispatchHandler {
  /** Resolves with the complete head, or with why there is none. */
  readonly head: Promise<Exchange>;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #connection: TlsConnection;
  readonly #connections: TlsConnections;
  #body: PushedBody | null = null;
  #writing = false;

  constructor(connection: TlsConnection, connections: TlsConnections) {
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    this.head = promise;
    this.#resolve = resolve;
    this.#connection = connection;
    this.#connections = connections;
  }

  /** Gives up the wait for the head; afterwards it does nothing. */
  abort(): void {
    if (this.#body !== null) return;
    this.#resolve({ ok: false, failure: "aborted", nothingWritten: false });
    this.#connection.close();
  }

  /** Right before the first byte is written; never reached when the connect or the handshake fails. */
  onRequestStart(): void {
    this.#writing = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText: string | undefined,
  ): void {
    // Informational responses come before the real one (RFC 9110 §15.2).
    if (status < 200) return;
    const headers = headerPairs(controller.rawHeaders);
    const body = new PushedBody(declaredBytes(headers), {
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      close: () => this.#connection.close(),
    });
    this.#body = body;
    const answer: Answer = {
      status,
      statusText: statusText ?? "",
      headers,
      timings: this.#connection.takeTimings(),
      read: (maxBytes, signal) => readBody(body, maxBytes, signal),
    };
    this.#resolve({ ok: true, answer });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#body?.finish(null);
    this.#connections.keep(this.#connection);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#body?.finish(error);
    this.#resolve(
      undiciFailure(error, { writing: this.#writing, closedByReceiver: this.#connection.isClosedByReceiver }),
    );
    this.#connection.close();
  }
}

/** undici hands out names and values in turn, as the bytes that came. */
function headerPairs(raw: Dispatcher.DispatchController["rawHeaders"]): [name: string, value: string][] {
  if (!Array.isArray(raw)) return [];
  const texts = raw.map((part) => (typeof part === "string" ? part : part.toString("latin1")));
  return texts.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, texts[index + 1] ?? ""]] : []));
}

function declaredBytes(headers: readonly (readonly [name: string, value: string])[]): number | null {
  const value = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  return value === undefined ? null : Number(value);
}
