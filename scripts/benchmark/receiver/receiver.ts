import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { type Part, startPart } from "../part.ts";
import { SECRET } from "../subjects/subject.ts";
import { waitFor } from "../wait.ts";
import type { Tally } from "./ledger.ts";
import type { ReceiverProtocol } from "./protocol.ts";

export interface ReceiverOptions {
  readonly ports?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** The process that webhooks lead to. */
export interface Receiver extends AsyncDisposable {
  /** One for each port, without a path. */
  readonly origins: readonly string[];
  readonly call: Part<ReceiverProtocol>["call"];
  /** Resolves when as much has arrived under `path`. @throws Error when it takes longer than `seconds` */
  arrived(path: string, arrivals: number, seconds: number): Promise<Tally>;
}

export async function startReceiver(bench: Bench, { ports = 1, tls }: ReceiverOptions = {}): Promise<Receiver> {
  const part = startPart<ReceiverProtocol>(bench, join(import.meta.dir, "process.ts"));
  const opened = await part.call("listen", { ports, tls: tls ?? null });
  const scheme = tls === undefined ? "http" : "https";
  return {
    origins: opened.map((port) => `${scheme}://127.0.0.1:${port}`),
    call: part.call,
    arrived: (path, arrivals, seconds) =>
      waitFor(`${arrivals} deliveries under ${path}`, seconds, async () => {
        const tally = await part.call("tally", { path });
        return tally.arrivals >= arrivals ? tally : null;
      }),
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  };
}

/** @throws Error unless the receiver's first delivery was signed as the specification has it: otherwise no comparison is fair */
export async function assertSigned({ call }: Receiver): Promise<void> {
  const { headers, body } = (await call("sample", null)) ?? { headers: {}, body: "" };
  const message = `${headers["x-smartcv-timestamp"]}.${body}`;
  const signature = `sha256=${createHmac("sha256", SECRET).update(message).digest("hex")}`;
  if (headers["x-smartcv-signature"] !== signature) throw new Error("a delivery came unsigned, or wrongly signed");
}
