import type { Transport } from "../world.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";

export interface RealTransport extends Transport {
  /** See `HttpClient.makeRoom`. */
  makeRoom(): boolean;
}

/** The transport of deliveries: our own HTTP client. */
export function createTransport(options: HttpClientOptions = {}): RealTransport {
  const client = new HttpClient(options);
  return {
    send: (request, cutoff) => client.send(request, cutoff),
    makeRoom: () => client.makeRoom(),
    close: async () => client.close(),
  };
}
