import type { Config } from "../config.ts";
import { livenessProblem } from "../real/liveness.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Asks the server that the settings describe whether it is alive: for Docker's HEALTHCHECK. */
export async function healthcheck({ host, port }: Pick<Config, "host" | "port">, console: Console): Promise<ExitCode> {
  if (port === 0) {
    console.error("With POSTHORN_PORT=0 nobody can know which port to ask: set a port.\n");
    return EXIT.usage;
  }
  const origin = `http://${reachable(host)}:${port}`;
  const problem = await livenessProblem(origin);
  if (problem === null) return EXIT.ok;
  console.error(`Posthorn at ${origin} ${problem}.\n`);
  return EXIT.failed;
}

/** A server that listens on every address is asked at the loopback one. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
