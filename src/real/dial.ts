import { connect as connectPlain, type Socket } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type SecureContext } from "node:tls";
import type { ConnectTimings, Millis, SendFailure } from "../world.ts";
import { areDescriptorsSpent } from "./descriptors.ts";
import type { CertificateName } from "./destination.ts";

export interface DialTarget {
  /** The literal address to connect to. */
  readonly address: string;
  readonly port: number;
  /** For connect and handshake together. */
  readonly connectTimeoutMs: Millis;
  readonly tls: DialTls | null;
}

export interface DialTls {
  /** The name that the certificate must bear. */
  readonly name: CertificateName;
  /** What is trusted. */
  readonly context: SecureContext;
}

export type Dialled =
  | { readonly ok: true; readonly socket: Socket; readonly timings: ConnectTimings }
  | { readonly ok: false; readonly failure: SendFailure };

/**
 * Connects to the target's address; with TLS, shakes hands and checks the certificate. `done` is told exactly once, unless
 * it is given up before.
 *
 * @returns gives it up
 */
export function dial(target: DialTarget, done: (dialled: Dialled) => void): () => void {
  const startedAt = performance.now();
  let connectedAt: number | null = null;
  let isOver = false;
  let isWithoutDescriptor = false;
  // The tick behind this one opens the socket. When there is no descriptor for it, Bun calls the connection refused, and does
  // so late: by then there may be descriptors again. Behind it, the socket itself may have got the last one.
  process.nextTick(() => {
    isWithoutDescriptor = areDescriptorsSpent();
  });
  const socket = open(target);
  const timer = setTimeout(() => fail("connect_timeout"), target.connectTimeoutMs);

  const end = (dialled: Dialled | null) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if (dialled?.ok !== true) socket.destroy();
    if (dialled !== null) done(dialled);
  };
  const fail = (failure: SendFailure) => end({ ok: false, failure });
  const fall = (error?: Error) => {
    if (connectedAt !== null) fail(handshakeFailure(error));
    else fail(isWithoutDescriptor ? "no_descriptors" : connectFailure(error, target));
  };
  const succeed = () => end({ ok: true, socket, timings: timingsOf(startedAt, connectedAt, target) });

  socket.once("connect", () => {
    connectedAt = performance.now();
    if (target.tls === null) succeed();
  });
  socket.once("secureConnect", succeed);
  socket.on("error", fall);
  socket.once("close", () => fall());
  return () => end(null);
}

function open(target: DialTarget): Socket {
  const { address, port, tls } = target;
  return tls === null ? connectPlain({ host: address, port }) : connectTls(tlsOptions(target, tls));
}

function tlsOptions({ address, port }: DialTarget, { name, context }: DialTls): ConnectionOptions {
  return {
    host: address,
    port,
    secureContext: context,
    // RFC 6066 §3: no address in SNI.
    ...(name.kind === "dns" ? { servername: name.text } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name.text, certificate),
    ALPNProtocols: ["http/1.1"],
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED of the environment has no say.
    rejectUnauthorized: true,
  };
}

function timingsOf(startedAt: number, connectedAt: number | null, { tls }: DialTarget): ConnectTimings {
  const now = performance.now();
  const tcpAt = connectedAt ?? now;
  return { connectMs: Math.round(tcpAt - startedAt), tlsMs: tls === null ? null : Math.round(now - tcpAt) };
}

function connectFailure(error: Error | undefined, { tls }: DialTarget): SendFailure {
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return "connect_refused";
    case "ETIMEDOUT":
      return "connect_timeout";
    // There was a connection, but it was gone before anybody heard of it.
    case "ECONNRESET":
      return tls === null ? "connection_reset" : "tls_failed";
    default:
      return "connect_failed";
  }
}

/** What OpenSSL, and Node beside it, call a certificate that is no good. */
const CERTIFICATE_FAILURES: ReadonlyMap<unknown, SendFailure> = new Map([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "certificate_mismatch"],
  ["CERT_HAS_EXPIRED", "certificate_expired"],
  ["CERT_NOT_YET_VALID", "certificate_expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate_untrusted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "certificate_untrusted"],
  ["UNABLE_TO_GET_ISSUER_CERT", "certificate_untrusted"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "certificate_untrusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "certificate_untrusted"],
]);

function handshakeFailure(error: Error | undefined): SendFailure {
  return CERTIFICATE_FAILURES.get(codeOf(error)) ?? "tls_failed";
}

function codeOf(error: Error | undefined): unknown {
  return error !== undefined && "code" in error ? error.code : null;
}
