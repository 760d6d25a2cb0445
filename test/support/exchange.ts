import { HEARING_MS } from "../../src/limits.ts";
import type { ConnectTimings, Cutoff, OutgoingRequest, SendFailure, Transport } from "../../src/world.ts";
import { createCertificate, type TestCertificate } from "./certificate.ts";
import { neverCut } from "./cutoff.ts";
import { type RawReceiver, type RawScript, startRawReceiver } from "./raw-receiver.ts";

/** The names that the test receivers' certificate bears. */
export const certificate: TestCertificate = createCertificate(["a.test", "b.test", "127.0.0.1"]);

/** Of a request that is not about them. */
export const REQUEST_LIMITS = { connectTimeoutMs: 5_000, responseMaxBytes: 16_384 } as const;

export type Scheme = "http" | "https";

/** A raw receiver that speaks TLS, with the test certificate, exactly for `https`. */
export function startSchemeReceiver(scheme: Scheme, script: RawScript): Promise<RawReceiver> {
  return startRawReceiver(script, scheme === "https" ? certificate : undefined);
}

export interface SendOptions extends Partial<Omit<OutgoingRequest, "url">> {
  /** Host name of the URL; the connection goes to `address`, loopback unless given. */
  readonly host?: string;
  readonly path?: string;
  readonly maxBytes?: number;
  readonly cutoff?: Cutoff;
}

/** A whole exchange in plain values. */
export type Outcome =
  | {
      readonly status: number;
      readonly statusText: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly timings: ConnectTimings;
      readonly body: string;
      readonly end: string;
    }
  | { readonly failure: SendFailure; readonly nothingWritten: boolean };

/** Sends one request to a receiver and reads what it answers; its connection is heard out then, and can take the next one. */
export async function exchange(
  transport: Transport,
  receiver: Pick<RawReceiver, "origin" | "port">,
  options: SendOptions = {},
): Promise<Outcome> {
  const { host = "a.test", path = "/hook?q=1", maxBytes = 1_024, cutoff = neverCut() } = options;
  const { address = "127.0.0.1", headers = [], body = "{}", connectTimeoutMs = 5_000 } = options;
  const { responseMaxBytes = maxBytes } = options;
  const scheme = receiver.origin.split(":")[0];
  const url = new URL(`${scheme}://${host}:${receiver.port}${path}`);
  const sent = await transport.send({ url, address, headers, body, connectTimeoutMs, responseMaxBytes }, cutoff);
  if (!sent.ok) return { failure: sent.failure, nothingWritten: sent.nothingWritten };
  const { read, ...head } = sent.answer;
  const { bytes, end } = await read(maxBytes, cutoff);
  await heardOut();
  return { ...head, body: Buffer.from(bytes).toString("latin1"), end };
}

/** Resolves when a connection whose response has just ended would have been heard out. */
async function heardOut(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await Bun.sleep(2 * HEARING_MS);
}
