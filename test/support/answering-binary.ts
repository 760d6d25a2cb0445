import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtBinary } from "./binary-build.ts";
import { freePort } from "./free-port.ts";
import type { Place } from "./place.ts";
import { type Program, startProgram } from "./program.ts";
import { until } from "./until.ts";

export interface AnsweringBinary extends Program {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminKey: string;
}

/** Like `startBinary`, but it waits for an answer instead of a log line: for logs of whatever form. */
export async function startAnswering(
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<AnsweringBinary> {
  const port = await freePort();
  const env = { POSTHORN_DATA_DIR: place.dataDir, POSTHORN_PORT: String(port), ...settings };
  const program = startProgram([await builtBinary(), "serve"], { env, cwd: place.path });
  const url = `http://127.0.0.1:${port}`;
  await until("it answers", async () => (await fetch(`${url}/livez`).catch(() => null))?.ok ?? false);
  return { ...program, url, adminKey: readFileSync(join(env.POSTHORN_DATA_DIR, "admin.key"), "utf8").trim() };
}
