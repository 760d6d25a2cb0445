import { type Answer, answerHeaders } from "./answer.ts";
import type { Caller } from "./auth.ts";
import { LongAnswers } from "./long-answers.ts";
import { ReadTurns } from "./read-turns.ts";
import type { Route } from "./route.ts";

/** Makes the answer to a tenant's read when its turn has come. @throws Problem 429, and whatever `read` throws */
export type Reads = (caller: Caller, request: Request, read: () => Answer | Promise<Answer>) => Promise<Answer>;

/** What tenants read waits for its turn, and its answers are counted, so that no tenant takes reading or memory from the others. */
export function createReads(): Reads {
  const turns = new ReadTurns();
  const answers = new LongAnswers();
  return ({ reach }, { signal }, read) =>
    turns.take(reach, async () => (signal.aborted ? UNHEARD : answers.counted(reach, await read())));
}

/** Nobody hears it: the client has gone before its turn came. Proxies have made this number known for it. */
const UNHEARD: Answer = { status: 499, content: null, headers: answerHeaders({}) };

/** A webhook's secret is not among it, since its reading is written down, nor is what operators watch the process by. */
export function isTenantsRead({ method, access }: Pick<Route, "method" | "access">): boolean {
  return method === "GET" && (access === "read" || access === "admin");
}
