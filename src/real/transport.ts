import type { Transport } from "../world.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";

/** The transport of deliveries: our own HTTP client. */
export function createTransport(options: HttpClientOptions = {}): Transport {
  const client = new HttpClient(options);
  return {
    send: (request, cutoff) => client.send(request, cutoff),
    close: async () => client.close(),
  };
}
