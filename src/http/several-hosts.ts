import { Problem } from "../domain/problem.ts";

/**
 * Whoever stands in front may have gone by one Host header, and we would go by the other (RFC 9112 §3.2). Bun has joined
 * them with a comma, which stands in no host.
 *
 * @throws Problem 400, after which the connection is closed
 */
export function refuseSeveralHosts({ headers }: Request): void {
  if (headers.get("host")?.includes(",") !== true) return;
  const message = "The request has more than one Host header, and nobody can tell which of them is meant.";
  throw new Problem("several_hosts", message, { headers: { Connection: "close" } });
}
