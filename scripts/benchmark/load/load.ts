import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { type Part, startPart } from "../part.ts";
import type { LoadProtocol } from "./protocol.ts";

/** The process that plays the app. */
export function startLoad(bench: Bench): Part<LoadProtocol> {
  return startPart<LoadProtocol>(bench, join(import.meta.dir, "process.ts"));
}
