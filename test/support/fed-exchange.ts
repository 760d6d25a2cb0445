import { HttpExchange } from "../../src/real/http-exchange.ts";
import { RecentHead } from "../../src/real/recent-head.ts";
import type { Answer, BodyEnd, Exchange, SendFailure } from "../../src/world.ts";
import { neverCut } from "./cutoff.ts";

/** What came of a response that was fed to an exchange. */
export interface Fed {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: Answer["headers"];
  readonly body?: string;
  readonly end?: BodyEnd;
  readonly failure?: SendFailure;
  /** `kept` for another request, `finished` without one, `aborted`; or nothing was done with it yet. */
  readonly connection: "open" | "kept" | "finished" | "aborted";
}

export interface Feeding {
  /** What the receiver does behind the last piece; nothing, unless it is said. */
  readonly ending?: "end" | "reset";
  readonly maxBytes?: number;
  /** What the connection knows of the response before. */
  readonly recentHead?: RecentHead;
}

/** Feeds the pieces of a response, each character a byte, to an exchange as a connection does. */
export async function feed(
  pieces: Iterable<string>,
  { ending, maxBytes = 1_024, recentHead = new RecentHead() }: Feeding = {},
): Promise<Fed> {
  let connection: Fed["connection"] = "open";
  const settled = Promise.withResolvers<Exchange>();
  const exchange = new HttpExchange(
    {
      recentHead,
      timings: { connectMs: null, tlsMs: null },
      pause: () => {},
      resume: () => {},
      abort: () => {
        connection = "aborted";
      },
      overrun: () => {
        connection = "aborted";
      },
      finish: (isPersistent) => {
        connection = isPersistent ? "kept" : "finished";
      },
    },
    { responseMaxBytes: maxBytes, cutoff: neverCut(), resolve: settled.resolve },
  );
  const told = settled.promise.then((given) => tell(given, maxBytes));
  for (const piece of pieces) {
    if (connection !== "open") break;
    exchange.received(Buffer.from(piece, "latin1"));
    // As between two events of a socket, so that the body is being read.
    await settledPromises();
  }
  if (connection === "open" && ending === "end") exchange.ended();
  if (connection === "open" && ending === "reset") exchange.broke();
  return { ...(await told), connection };
}

async function tell(exchange: Exchange, maxBytes: number): Promise<Omit<Fed, "connection">> {
  if (!exchange.ok) return { failure: exchange.failure };
  const { status, statusText, headers } = exchange.answer;
  const { bytes, end } = await exchange.answer.read(maxBytes, neverCut());
  return { status, statusText, headers, body: Buffer.from(bytes).toString("latin1"), end };
}

async function settledPromises(): Promise<void> {
  for (let link = 0; link < 8; link++) await null;
}
