import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from "node:tls";
import type { buildConnector } from "undici-real";
import type { ConnectTimings, Millis, SendFailure } from "../world.ts";

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

/** Why there is no connection. Nothing of a request was written. */
export class DialFailure extends Error {
  override readonly name = "DialFailure";
  readonly failure: SendFailure;

  constructor(failure: SendFailure, options?: ErrorOptions) {
    super(failure, options);
    this.failure = failure;
  }
}

const NO_TIMINGS: ConnectTimings = { connectMs: null, tlsMs: null };

/** Connects to one vetted address and nowhere else: whatever name undici asks for, no name is ever resolved. */
export class TlsDialler {
  readonly #target: TlsTarget;
  #socket: TLSSocket | null = null;
  #timings = NO_TIMINGS;
  #isClosedByReceiver = false;

  constructor(target: TlsTarget) {
    this.#target = target;
  }

  /** undici calls it when it needs a socket. */
  readonly connect: buildConnector.connector = (_origin, callback) => {
    this.#dial(
      (socket) => callback(null, socket),
      (failure) => callback(failure, null),
    );
  };

  /** How long the last connect took; only the first request after it is told. */
  takeTimings(): ConnectTimings {
    const timings = this.#timings;
    this.#timings = NO_TIMINGS;
    return timings;
  }

  get isClosedByReceiver(): boolean {
    return this.#isClosedByReceiver;
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  #dial(succeed: (socket: TLSSocket) => void, fail: (failure: DialFailure) => void): void {
    const startedAt = performance.now();
    let connectedAt: number | null = null;
    const socket = connect(tlsOptions(this.#target));
    this.#socket = socket;
    this.#isClosedByReceiver = false;
    socket.setNoDelay(true);

    const settle = once(() => clearTimeout(timer));
    const giveUp = (failure: SendFailure, cause?: Error) => {
      if (!settle()) return;
      socket.destroy();
      fail(new DialFailure(failure, { cause }));
    };
    const timer = setTimeout(() => giveUp("connect_timeout"), this.#target.connectTimeoutMs);

    socket.once("connect", () => {
      connectedAt = performance.now();
    });
    socket.once("secureConnect", () => {
      const now = performance.now();
      const tcpAt = connectedAt ?? now;
      this.#timings = { connectMs: Math.round(tcpAt - startedAt), tlsMs: Math.round(now - tcpAt) };
      if (settle()) succeed(socket);
    });
    socket.once("end", () => {
      this.#isClosedByReceiver = true;
    });
    socket.on("error", (error) => giveUp(connectedAt === null ? connectFailure(error) : "tls_failed", error));
    socket.once("close", () => giveUp(connectedAt === null ? "connect_failed" : "tls_failed"));
  }
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

function connectFailure(error: Error): SendFailure {
  const code = "code" in error ? error.code : null;
  if (code === "ECONNREFUSED") return "connect_refused";
  return code === "ETIMEDOUT" ? "connect_timeout" : "connect_failed";
}

/** Gives true the first time only. */
function once(act: () => void): () => boolean {
  let done = false;
  return () => {
    if (done) return false;
    done = true;
    act();
    return true;
  };
}
