import type { Clock, Millis, Resolution, Resolver } from "../../src/world.ts";

/** The addresses of a name, or how its look-up fails; `hang` never answers. */
export type TableAnswer = readonly string[] | "not_found" | "failed" | "no_descriptors" | "hang";

export interface TableResolver extends Resolver {
  /** Changes what a name stands for from the next look-up on. */
  set(hostname: string, answer: TableAnswer, options?: AnswerOptions): void;
  /** How often a name was looked up; without a name, how often any was. */
  lookUps(hostname?: string): number;
}

export interface AnswerOptions {
  readonly ttlMs?: Millis;
  /** How long the look-up takes. */
  readonly delayMs?: Millis;
}

interface Entry extends AnswerOptions {
  readonly answer: TableAnswer;
}

const TTL_MS = 30_000;

/** A resolver that knows what its table says; every name that is not in the table gets `otherwise`. */
export function createTableResolver(clock: Clock, otherwise: TableAnswer = "not_found"): TableResolver {
  const table = new Map<string, Entry>();
  const asked: string[] = [];

  return {
    async resolve(hostname) {
      asked.push(hostname);
      const entry = table.get(hostname) ?? { answer: otherwise };
      const { delayMs } = entry;
      if (delayMs !== undefined) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      return resolutionOf(entry);
    },
    set: (hostname, answer, options) => {
      table.set(hostname, { answer, ...options });
    },
    lookUps: (hostname) => asked.filter((name) => hostname === undefined || name === hostname).length,
  };
}

function resolutionOf({ answer, ttlMs = TTL_MS }: Entry): Resolution | Promise<Resolution> {
  if (answer === "hang") return new Promise(() => {});
  if (typeof answer === "string") return { ok: false, reason: answer };
  return { ok: true, addresses: answer.map((address) => ({ address, ttlMs })) };
}
