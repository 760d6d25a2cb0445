import { HEALTHCHECK_MS } from "../limits.ts";

/** Why the server at `origin` does not answer `/livez` with 200, as the end of a sentence, or null when it does. */
export async function livenessProblem(origin: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(HEALTHCHECK_MS);
    const { status } = await fetch(`${origin}/livez`, { signal, redirect: "manual", proxy: false });
    return status === 200 ? null : `answers with status ${status}`;
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    return isTimeout ? `does not answer within ${HEALTHCHECK_MS / 1_000} s` : "does not answer";
  }
}
