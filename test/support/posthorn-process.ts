import { join } from "node:path";
import { type Program, startProgram } from "./program.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

/** Starts `posthorn` from its sources with these arguments, and no other setting than those in `env`. */
export function startPosthorn(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startProgram([process.execPath, MAIN, ...args], { env });
}
