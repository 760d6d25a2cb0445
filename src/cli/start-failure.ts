import type { Config } from "../config.ts";
import { StoreOpenError } from "../store/contract.ts";

/** Why the server did not start, in a sentence that names the fix; null when it is nothing that an operator could mend. */
export function startFailure(error: unknown, { host, port }: Pick<Config, "host" | "port">): string | null {
  if (error instanceof StoreOpenError) return error.message;
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is taken: stop the program that listens there, or set POSTHORN_PORT.`;
    case "EACCES":
    case "EPERM":
      return `Port ${port} of ${host} may not be used by this user: set POSTHORN_PORT to one above 1023.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is no address of this machine: set POSTHORN_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses.`;
    default:
      return null;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
