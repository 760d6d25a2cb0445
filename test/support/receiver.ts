import { createArrivals } from "./arrivals.ts";
import type { TestCertificate } from "./certificate.ts";

/** A request as a real receiver got it. */
export interface ReceivedRequest {
  /** 1-based. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as text, untouched. */
  readonly body: string;
}

/** What to answer: a bare status, or more of it. */
export type ReceiverReply = number | ReceiverAnswer;

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The replies in order, of which the last repeats; or a decision per request (`n` is 1-based). */
export type ReceiverScript =
  | readonly ReceiverReply[]
  | ((request: ReceivedRequest, n: number) => ReceiverReply | Promise<ReceiverReply>);

export interface Receiver extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, or `https:` with a certificate; add a path to it. */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** The oldest request that no earlier call took, as soon as there is one; fails with this name. */
  next(name: string): Promise<ReceivedRequest>;
  /** Another behaviour from the next request on. */
  become(script: ReceiverScript): void;
}

/** A real HTTP server on a free loopback port, on TLS with a certificate, that answers as it is told: 200 unless told otherwise. */
export function startReceiver(script: ReceiverScript = [200], certificate?: TestCertificate): Receiver {
  const arrivals = createArrivals<ReceivedRequest>();
  let decide = decisionOf(script);

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(certificate !== undefined && { tls: { key: certificate.key, cert: certificate.certificate } }),
    // A receiver that hangs on purpose must not be cut off by its own server.
    idleTimeout: 0,
    async fetch(request) {
      const body = await request.text();
      const received = describe(request, body, arrivals.all.length + 1);
      arrivals.push(received);
      return responseOf(await decide(received));
    },
  });

  return {
    origin: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${server.port}`,
    port: server.port ?? 0,
    requests: arrivals.all,
    next: arrivals.next,
    become: (next) => {
      decide = decisionOf(next);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function decisionOf(script: ReceiverScript): (request: ReceivedRequest) => ReceiverReply | Promise<ReceiverReply> {
  let n = 0;
  return (request) => {
    n += 1;
    return typeof script === "function" ? script(request, n) : (script[Math.min(n, script.length) - 1] ?? 200);
  };
}

function describe(request: Request, body: string, number: number): ReceivedRequest {
  const { pathname, search } = new URL(request.url);
  return {
    number,
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body,
  };
}

function responseOf(reply: ReceiverReply): Response {
  if (typeof reply === "number") return new Response(null, { status: reply });
  return new Response(reply.body ?? null, { status: reply.status, headers: { ...reply.headers } });
}
