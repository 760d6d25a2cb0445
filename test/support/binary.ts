import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtBinary } from "./binary-build.ts";
import type { Place } from "./place.ts";
import { type Program, type ProgramEnd, startProgram } from "./program.ts";
import { until } from "./until.ts";

/** The compiled binary, serving. */
export interface Binary extends Program {
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  readonly adminKey: string;
  /** Calls the API with the admin key. */
  api<Data = unknown>(method: string, path: string, body?: unknown): Promise<BinaryAnswer<Data>>;
}

export interface BinaryAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details?: readonly { readonly rule?: string }[];
  } | null;
}

/** A command that should have refused to serve does not serve for ever. */
const RUN_MAX_MS = 10_000;

type Settings = Readonly<Record<string, string>>;

/** What lets it send to receivers of the test itself. */
export const LOOPBACK_ALLOWED: Settings = { POSTHORN_ALLOW_PRIVATE_CIDRS: "127.0.0.0/8" };

/**
 * Starts `posthorn serve` in `place`, on a free port, with no other environment than these settings; waits until it listens.
 *
 * @param command what to run instead: another build, or one wrapped into something
 */
export async function startBinary(place: Place, settings: Settings = {}, command?: readonly string[]): Promise<Binary> {
  const env = { POSTHORN_PORT: "0", ...settings };
  const program = startProgram(command ?? [await builtBinary(), "serve"], { env, cwd: place.path });
  const line = await Promise.race([program.logged("Posthorn is listening"), refusal(program)]);
  const url = String(line["url"]).replace(/\/$/, "");
  const adminKey = settings["POSTHORN_ADMIN_KEY"] ?? readFileSync(join(place.dataDir, "admin.key"), "utf8").trim();
  return { ...program, url, adminKey, api: caller(url, adminKey) };
}

/** Runs any other command to its end, in `place` and with no other environment than `env`. */
export async function runBinary(
  args: readonly string[],
  { place, env = {} }: { readonly place: Place; readonly env?: Settings },
): Promise<ProgramEnd> {
  return startProgram([await builtBinary(), ...args], { env, cwd: place.path, timeoutMs: RUN_MAX_MS }).ended;
}

/** Resolves when every delivery that nobody holds back is done. */
export async function nothingPending({ api }: Binary): Promise<void> {
  await until("nothing is pending", async () => (await api<{ pending: number }>("GET", "/health")).data.pending === 0);
}

async function refusal({ ended }: Program): Promise<never> {
  const { exitCode, out, error } = await ended;
  throw new Error(`posthorn ended with ${exitCode} instead of listening: ${error}${out}`);
}

interface Envelope<Data> {
  readonly data: Data;
  readonly error?: BinaryAnswer<Data>["error"];
}

function caller(url: string, key: string): Binary["api"] {
  return async <Data>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    // The type that the test asks for is a claim about the API, which the test then checks.
    const { data, error = null } = (await response.json()) as Envelope<Data>;
    return { status: response.status, headers: response.headers, data, error };
  };
}
