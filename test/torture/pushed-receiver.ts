/** A receiver for millions of requests: it keeps none of them, and hands each to whoever keeps the books. */
export interface PushedReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Requests that are not answered yet. */
  readonly underWay: number;
  /** What the books, or the receiver itself, found wrong. */
  readonly faults: readonly Error[];
}

export interface PushedRequest {
  readonly path: string;
  readonly delivery: string;
  /** 1-based. */
  readonly attempt: number;
  readonly body: string;
}

/** @param receive is told of each request as it arrives, and resolves with the status to answer */
export function startPushedReceiver(receive: (request: PushedRequest) => Promise<number>): PushedReceiver {
  const underWay = new Set<string>();
  const faults: Error[] = [];

  async function answer(request: PushedRequest): Promise<number> {
    if (underWay.has(request.delivery)) faults.push(new Error(`two attempts of ${request.delivery} at once`));
    underWay.add(request.delivery);
    try {
      return await receive(request);
    } catch (error) {
      faults.push(error instanceof Error ? error : new Error(String(error)));
      return 500;
    } finally {
      underWay.delete(request.delivery);
    }
  }

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => new Response(null, { status: await answer(await pushed(request)) }),
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    faults,
    get underWay() {
      return underWay.size;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

async function pushed(request: Request): Promise<PushedRequest> {
  return {
    path: new URL(request.url).pathname,
    delivery: request.headers.get("x-smartcv-delivery") ?? "",
    attempt: Number(request.headers.get("x-smartcv-attempt")),
    body: await request.text(),
  };
}
