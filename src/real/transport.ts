import type { Transport } from "../world.ts";
import { type ConnectionBudget, connectionBudget } from "./descriptors.ts";
import { createFetchTransport } from "./fetch-transport.ts";

export interface TransportOptions {
  /** PEM certificates that `https:` receivers are checked against, instead of the system's. */
  readonly ca?: string;
  /** How many idle connections are kept; without it, as many as an unlimited machine allows. */
  readonly idle?: Pick<ConnectionBudget, "idlePlain" | "idleTls">;
}

/**
 * The HTTP client of deliveries: by measurement, fetch is the cheapest for `http:`, and undici the one that keeps many
 * `https:` receivers warm. No name is resolved, no redirect followed, no proxy of the environment used, nothing sent twice,
 * nothing decompressed.
 */
export function createTransport({ ca, idle = connectionBudget(null) }: TransportOptions = {}): Transport {
  const plain = createFetchTransport(idle.idlePlain);
  let secure: Promise<Transport> | null = null;

  /** Loaded by the first `https:` delivery: an idle Posthorn need not hold undici in memory. */
  async function loadSecure(): Promise<Transport> {
    const { createUndiciTransport } = await import("./undici-transport.ts");
    return createUndiciTransport({ ca, idleMax: idle.idleTls });
  }

  return {
    send: async (request, signal) => {
      if (request.url.protocol !== "https:") return plain.send(request, signal);
      secure ??= loadSecure();
      return (await secure).send(request, signal);
    },
    close: async () => {
      await plain.close();
      await (await secure)?.close();
    },
  };
}
