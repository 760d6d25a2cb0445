import type { OutgoingRequest } from "../world.ts";
import { connectionKey, TlsConnection } from "./tls-connection.ts";

export interface TlsConnectionsOptions {
  /** PEM certificates to trust instead of the system's. */
  readonly ca: string | undefined;
  /** Beyond it the longest idle connection is closed. */
  readonly idleMax: number;
}

/** Connections between two requests, so that the next one to the same receiver needs no handshake. */
export class TlsConnections {
  readonly #ca: string | undefined;
  readonly #idleMax: number;
  /** The longest idle first. */
  readonly #idle = new Set<TlsConnection>();
  readonly #idleByKey = new Map<string, TlsConnection[]>();
  #closed = false;

  constructor({ ca, idleMax }: TlsConnectionsOptions) {
    this.#ca = ca;
    this.#idleMax = idleMax;
  }

  /** An idle connection of the request's origin and address, the one used last; else a new one. */
  take(request: OutgoingRequest): TlsConnection {
    const kept = this.#idleByKey.get(connectionKey(request))?.at(-1);
    if (kept === undefined) return new TlsConnection(request, this.#ca, (connection) => this.#disconnected(connection));
    this.#forget(kept);
    return kept;
  }

  /** Back, after an exchange that was read to its end. */
  keep(connection: TlsConnection): void {
    if (this.#closed) {
      connection.close();
      return;
    }
    this.#idle.add(connection);
    const siblings = this.#idleByKey.get(connection.key);
    if (siblings === undefined) this.#idleByKey.set(connection.key, [connection]);
    else siblings.push(connection);
    if (this.#idle.size > this.#idleMax) this.#closeLongestIdle();
  }

  close(): void {
    this.#closed = true;
    while (this.#idle.size > 0) this.#closeLongestIdle();
  }

  #closeLongestIdle(): void {
    const [longest] = this.#idle;
    if (longest === undefined) return;
    this.#forget(longest);
    longest.close();
  }

  /** One that is in use tells its exchange itself. */
  #disconnected(connection: TlsConnection): void {
    if (!this.#idle.has(connection)) return;
    this.#forget(connection);
    connection.close();
  }

  #forget(connection: TlsConnection): void {
    this.#idle.delete(connection);
    const rest = this.#idleByKey.get(connection.key)?.filter((other) => other !== connection) ?? [];
    if (rest.length === 0) this.#idleByKey.delete(connection.key);
    else this.#idleByKey.set(connection.key, rest);
  }
}
