import { isIP } from "node:net";
import type { Dispatcher } from "undici-real";
// The package's entry would load its fetch, caches and WebSocket too: three times as much to start up.
import Client from "undici-real/lib/dispatcher/client.js";
import { IDLE_CONNECTION_MS, RESPONSE_HEAD_MAX_BYTES } from "../limits.ts";
import type { ConnectTimings, OutgoingRequest } from "../world.ts";
import { wireHeaders } from "./request-headers.ts";
import { TlsDialler } from "./tls-dialler.ts";

const HTTPS_PORT = 443;

/** One TLS connection to one vetted address for one origin, and HTTP/1.1 on it, one request at a time. */
export class TlsConnection {
  /** Requests of the same key may use it. */
  readonly key: string;
  readonly #dialler: TlsDialler;
  readonly #client: Client;

  /** `onDisconnect`: the receiver, or the idle timeout, has closed it. */
  constructor(
    { url, address, connectTimeoutMs }: OutgoingRequest,
    ca: string | undefined,
    onDisconnect: (connection: TlsConnection) => void,
  ) {
    this.key = connectionKey({ url, address });
    const port = url.port === "" ? HTTPS_PORT : Number(url.port);
    this.#dialler = new TlsDialler({ address, port, name: certificateName(url), connectTimeoutMs, ca });
    this.#client = new Client(url.origin, {
      connect: this.#dialler.connect,
      pipelining: 1,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // The caller's deadline is the only one.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: RESPONSE_HEAD_MAX_BYTES,
      allowH2: false,
      // Otherwise an environment variable picks the parser.
      useMilo: false,
    });
    this.#client.on("disconnect", () => onDisconnect(this));
  }

  dispatch({ url, headers, body }: OutgoingRequest, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(
      { method: "POST", path: url.pathname + url.search, headers: wireHeaders(headers).flat(), body },
      handler,
    );
  }

  takeTimings(): ConnectTimings {
    return this.#dialler.takeTimings();
  }

  /** Whether the connection's end came from the other side. */
  get isClosedByReceiver(): boolean {
    return this.#dialler.isClosedByReceiver;
  }

  /** At once, also while connecting; a request that is under way fails. */
  close(): void {
    // undici lets go of a socket that is still connecting, so the socket has to be told as well.
    void this.#client.destroy();
    this.#dialler.destroy();
  }
}

/** What a kept connection may be used for again: the same origin at the same vetted address. */
export function connectionKey({ url, address }: Pick<OutgoingRequest, "url" | "address">): string {
  return `${url.origin} ${address}`;
}

function certificateName({ hostname }: URL): { kind: "dns" | "address"; text: string } {
  const text = hostname.replace(/^\[|\]$|\.$/g, "");
  return { kind: isIP(text) === 0 ? "dns" : "address", text };
}
