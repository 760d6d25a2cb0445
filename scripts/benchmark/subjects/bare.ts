import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { startPart } from "../part.ts";
import type { BareProtocol } from "./bare-protocol.ts";
import type { Subject } from "./subject.ts";

const KEY = "benchmark";

/** The yardstick of what the hardware and Bun allow: the same POST, signed and forwarded, with no store at all. */
export async function startBare(bench: Bench, target: string): Promise<Subject> {
  const part = startPart<BareProtocol>(bench, join(import.meta.dir, "bare-process.ts"));
  const port = await part.call("listen", { target, key: KEY });
  return {
    ...{ name: "bare", url: `http://127.0.0.1:${port}`, key: KEY, pids: [part.pid] },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  };
}
