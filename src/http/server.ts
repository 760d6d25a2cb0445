import { CONNECTION_IDLE_SECONDS, SERVER_BODY_MAX_BYTES } from "../limits.ts";
import type { Clock, Millis } from "../world.ts";
import { type Api, createApi } from "./api.ts";
import type { HttpParts } from "./parts.ts";

/** Where the API can be reached, and how it ends. */
export interface Listening {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets what is under way end within `graceMs`, then cuts the rest off. */
  stop(graceMs: Millis): Promise<void>;
}

export interface ListenOptions {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Why the API cannot listen: one sentence for the operator, which names the fix. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/**
 * Puts the API on a socket.
 *
 * @throws ListenError when the address or the port is not to be had
 */
export function listen(parts: HttpParts, { hostname, port }: ListenOptions): Listening {
  const server = serve(createApi(parts), hostname, port);
  return {
    url: server.url.origin,
    port: server.port ?? port,
    stop: (graceMs) => stop(server, parts.clock, graceMs),
  };
}

type BunServer = ReturnType<typeof Bun.serve<undefined>>;

function serve(api: Api, hostname: string, port: number): BunServer {
  try {
    return Bun.serve({
      hostname,
      port,
      development: false,
      // Bun 1.4.5 turns it on by itself outside development: a second process would take half of the requests, unnoticed.
      reusePort: false,
      idleTimeout: CONNECTION_IDLE_SECONDS,
      maxRequestBodySize: SERVER_BODY_MAX_BYTES,
      fetch: (request, server) => api.fetch(request, server),
    });
  } catch (error) {
    throw new ListenError(sentence(error, hostname, port), { cause: error });
  }
}

function sentence(error: unknown, hostname: string, port: number): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${hostname} is taken: stop what listens there, or set POSTHORN_PORT to another port (0 takes a free one).`;
    case "EACCES":
      return `Port ${port} may not be used by this user: set POSTHORN_PORT to one above 1023, behind a proxy that listens on ${port}, or give Posthorn CAP_NET_BIND_SERVICE.`;
    default:
      return `Posthorn cannot listen on ${hostname}, port ${port}: check POSTHORN_HOST and POSTHORN_PORT.`;
  }
}

async function stop(server: BunServer, clock: Clock, graceMs: Millis): Promise<void> {
  const { promise: graceIsOver, resolve } = Promise.withResolvers<"over">();
  const cancel = clock.after(graceMs, () => resolve("over"));
  const end = await Promise.race([server.stop(false), graceIsOver]);
  cancel();
  if (end === "over") await server.stop(true);
}
