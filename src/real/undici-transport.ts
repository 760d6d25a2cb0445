import type { Exchange, OutgoingRequest, Transport } from "../world.ts";
import { TlsConnections, type TlsConnectionsOptions } from "./tls-connections.ts";
import { UndiciExchange } from "./undici-exchange.ts";

/**
 * Sends `https:` requests by undici, which keeps every receiver warm where fetch keeps sixty names. The connection goes to
 * the vetted address; SNI, certificate check and Host are those of the URL.
 */
export function createUndiciTransport(options: TlsConnectionsOptions): Transport {
  const connections = new TlsConnections(options);
  return {
    send: (request, signal) => send(connections, request, signal),
    close: async () => connections.close(),
  };
}

async function send(connections: TlsConnections, request: OutgoingRequest, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted) return { ok: false, failure: "aborted", nothingWritten: false };
  const connection = connections.take(request);
  const exchange = new UndiciExchange(connection, connections);
  const abort = () => exchange.abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    connection.dispatch(request, exchange);
    return await exchange.head;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
