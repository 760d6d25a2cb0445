import type { Dispatcher } from "undici-real";
import type { Answer, Exchange, OutgoingRequest, SendFailure, Transport } from "../world.ts";
import { PushedBody } from "./pushed-body.ts";
import { readBody } from "./response-body.ts";
import type { TlsConnection } from "./tls-connection.ts";
import { TlsConnections } from "./tls-connections.ts";
import { DialFailure } from "./tls-dialler.ts";

const ABORTED: Exchange = { ok: false, failure: "aborted", nothingWritten: false };

/**
 * Sends `https:` requests by undici, which keeps every receiver warm where fetch keeps sixty names. The connection goes to
 * the vetted address; SNI, certificate check and Host are those of the URL.
 *
 * @param ca PEM certificates to trust instead of the system's
 */
export function createUndiciTransport(ca?: string): Transport {
  const connections = new TlsConnections(ca);
  return {
    send: (request, signal) => send(connections, request, signal),
    close: async () => connections.close(),
  };
}

async function send(connections: TlsConnections, request: OutgoingRequest, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted) return ABORTED;
  const connection = connections.take(request);
  const underWay = new UnderWay(connection, connections);
  const abort = () => underWay.abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    connection.dispatch(request, underWay);
    return await underWay.exchange;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** One request from its dispatch to the end of its body; undici tells it what happens. */
class UnderWay implements Dispatcher.DispatchHandler {
  readonly exchange: Promise<Exchange>;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #connection: TlsConnection;
  readonly #connections: TlsConnections;
  #body: PushedBody | null = null;
  #writing = false;

  constructor(connection: TlsConnection, connections: TlsConnections) {
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    this.exchange = promise;
    this.#resolve = resolve;
    this.#connection = connection;
    this.#connections = connections;
  }

  abort(): void {
    this.#resolve(ABORTED);
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
    this.#resolve(failureOf(error, { writing: this.#writing, closedByReceiver: this.#connection.isClosedByReceiver }));
    this.#connection.close();
  }
}

interface Circumstances {
  /** Bytes of the request may have left. */
  readonly writing: boolean;
  readonly closedByReceiver: boolean;
}

function failureOf(error: Error, { writing, closedByReceiver }: Circumstances): Exchange {
  if (error instanceof DialFailure) return { ok: false, failure: error.failure, nothingWritten: true };
  if (!writing) return { ok: false, failure: "connect_failed", nothingWritten: true };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { ok: false, failure: failureByCode(code, closedByReceiver), nothingWritten: false };
}

const MALFORMED: ReadonlySet<string> = new Set([
  "HTTPParserError",
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  // What undici makes of a status that HTTP does not have.
  "ERR_ASSERTION",
]);

function failureByCode(code: string, closedByReceiver: boolean): SendFailure {
  if (MALFORMED.has(code)) return "malformed_response";
  // undici's code for a connection that has ended, but also for one that it ends itself: over a 100 or 101 not asked for.
  if (code === "UND_ERR_SOCKET" && !closedByReceiver) return "malformed_response";
  // A receiver that wants a client certificate says so only after the handshake (TLS 1.3).
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") return "tls_failed";
  return "connection_reset";
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
