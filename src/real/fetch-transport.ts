import { isIPv6 } from "node:net";
import { IDLE_CONNECTION_MS } from "../limits.ts";
import type { Answer, Exchange, OutgoingRequest, SendFailure, Transport } from "../world.ts";
import { isWantOfDescriptors } from "./descriptors.ts";
import { wireHeaders } from "./request-headers.ts";
import { type BodySource, readBody } from "./response-body.ts";

const ABORTED: Exchange = { ok: false, failure: "aborted", nothingWritten: false };
const MALFORMED: Exchange = { ok: false, failure: "malformed_response", nothingWritten: false };

/**
 * Sends `http:` requests by Bun's fetch, which does its network on a thread of its own. The vetted address stands in the
 * URL that fetch gets, so no name is ever resolved here; the receiver sees the right Host. fetch keeps connections per
 * address and port, whatever the Host. It cannot tell a connect from the wait for an answer, so `connectTimeoutMs` is not
 * kept and timings are null: the caller's deadline covers both.
 */
export function createFetchTransport(idleMax: number): Transport {
  // Bun's timer is coarse: an idle connection is closed after four to eight seconds.
  const keepAlive = { idleTimeout: IDLE_CONNECTION_MS / 1_000, maxIdleSockets: idleMax };
  const session = new Bun.FetchSession({ proxy: false, keepAlive });
  return {
    send: (request, signal) => send(session, request, signal),
    close: async () => session.close(),
  };
}

async function send(session: Bun.FetchSession, request: OutgoingRequest, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted) return ABORTED;
  try {
    const response = await session.fetch(addressUrl(request), {
      method: "POST",
      headers: [["Host", request.url.host], ...wireHeaders(request.headers)],
      body: request.body,
      redirect: "manual",
      decompress: false,
      signal,
    });
    // Bun hands on `HTTP/1.1 000`; no status below 200 can end an exchange (RFC 9110 §15).
    if (response.status >= 200) return { ok: true, answer: answerOf(response) };
    await response.body?.cancel();
    return MALFORMED;
  } catch (error) {
    return signal.aborted ? ABORTED : failureOf(error);
  }
}

function addressUrl({ url, address }: OutgoingRequest): string {
  const host = isIPv6(address) ? `[${address}]` : address;
  const port = url.port === "" ? "" : `:${url.port}`;
  return `http://${host}${port}${url.pathname}${url.search}`;
}

function answerOf(response: Response): Answer {
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
    timings: { connectMs: null, tlsMs: null },
    read: (maxBytes, signal) => readBody(sourceOf(response), maxBytes, signal),
  };
}

function sourceOf(response: Response): BodySource {
  const reader = response.body?.getReader();
  const declared = response.headers.get("content-length");
  let ended = reader === undefined;
  return {
    declaredBytes: declared === null ? null : Number(declared),
    next: async () => {
      const chunk = await reader?.read();
      ended = chunk?.done ?? true;
      return chunk?.value ?? null;
    },
    close: () => {
      if (!ended) void reader?.cancel().catch(() => {});
    },
  };
}

const CONNECT_FAILED: ReadonlySet<string> = new Set([
  "EACCES",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EPERM",
]);

/** fetch's codes are either the system's (`ECONNRESET`) or the names of its HTTP parser's errors (`InvalidContentLength`). */
function failureOf(error: unknown): Exchange {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (isWantOfDescriptors(code)) return failed("no_descriptors", true);
  if (code === "ECONNREFUSED") return failed("connect_refused", true);
  if (CONNECT_FAILED.has(code)) return failed("connect_failed", true);
  if (/^[A-Z][a-z]/.test(code)) return MALFORMED;
  return failed("connection_reset", false);
}

function failed(failure: SendFailure, nothingWritten: boolean): Exchange {
  return { ok: false, failure, nothingWritten };
}
