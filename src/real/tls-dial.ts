import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from "node:tls";
import type { ConnectTimings, Millis, SendFailure } from "../world.ts";
import { areDescriptorsSpent } from "./descriptors.ts";

export interface TlsTarget {
  /** The literal address to connect to. */
  readonly address: string;
  readonly port: number;
  /** The name that the certificate must bear: a DNS name, or the address itself when the URL names no other. */
  readonly name: { readonly kind: "dns" | "address"; readonly text: string };
  /** For connect and handshake together. */
  readonly connectTimeoutMs: Millis;
  /** PEM certificates to trust instead of the system's. */
  readonly ca: string | undefined;
}

export type Dialled =
  | { readonly ok: true; readonly socket: TLSSocket; readonly timings: ConnectTimings }
  | { readonly ok: false; readonly failure: DialFailure };

/** Why there is no connection. Nothing of a request was written. */
export class DialFailure extends Error {
  override readonly name = "DialFailure";
  readonly failure: SendFailure;

  constructor(failure: SendFailure, cause: Error | undefined) {
    super(failure, { cause });
    this.failure = failure;
  }
}

/**
 * Connects to the target's address, shakes hands and checks the certificate. `done` is told exactly once.
 *
 * @returns the socket, to be destroyed by whoever cannot wait
 */
export function dial(target: TlsTarget, done: (dialled: Dialled) => void): TLSSocket {
  const startedAt = performance.now();
  let connectedAt: number | null = null;
  const socket = connect(tlsOptions(target)).setNoDelay(true);
  const timer = setTimeout(() => finish(failed("connect_timeout")), target.connectTimeoutMs);

  const finish = once((dialled: Dialled) => {
    clearTimeout(timer);
    if (!dialled.ok) socket.destroy();
    done(dialled);
  });
  const giveUp = (error?: Error) => finish(failed(connectedAt === null ? connectFailure(error) : "tls_failed", error));

  socket.once("connect", () => {
    connectedAt = performance.now();
  });
  socket.once("secureConnect", () => finish({ ok: true, socket, timings: timingsOf(startedAt, connectedAt) }));
  socket.on("error", giveUp);
  socket.once("close", () => giveUp());
  return socket;
}

function tlsOptions({ address, port, name, ca }: TlsTarget) {
  return {
    host: address,
    port,
    // RFC 6066 §3: no address in SNI.
    ...(name.kind === "dns" ? { servername: name.text } : {}),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name.text, certificate),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ["http/1.1"],
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED of the environment has no say.
    rejectUnauthorized: true,
  };
}

function timingsOf(startedAt: number, connectedAt: number | null): ConnectTimings {
  const now = performance.now();
  const tcpAt = connectedAt ?? now;
  return { connectMs: Math.round(tcpAt - startedAt), tlsMs: Math.round(now - tcpAt) };
}

function failed(failure: SendFailure, cause?: Error): Dialled {
  return { ok: false, failure: new DialFailure(failure, cause) };
}

function connectFailure(error: Error | undefined): SendFailure {
  // Bun calls that a refused connection too.
  if (areDescriptorsSpent()) return "no_descriptors";
  const code = error !== undefined && "code" in error ? error.code : null;
  if (code === "ECONNREFUSED") return "connect_refused";
  return code === "ETIMEDOUT" ? "connect_timeout" : "connect_failed";
}

/** Only the first call counts. */
function once<Argument>(act: (argument: Argument) => void): (argument: Argument) => void {
  let done = false;
  return (argument) => {
    if (done) return;
    done = true;
    act(argument);
  };
}
