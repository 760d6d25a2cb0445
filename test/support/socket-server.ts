import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TestCertificate } from "./certificate.ts";

/** A server of bare sockets on a free loopback port: whatever they say is up to the test. */
export interface SocketServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https:` with TLS. */
  readonly origin: string;
}

/** How a server does TLS. */
export interface ServerTls extends TestCertificate {
  /** The newest version that it speaks, and the only one. */
  readonly version?: "TLSv1";
}

/** @param accept gets every connection; with TLS, when the handshake is done */
export async function startSocketServer(accept: (socket: Socket) => void, tls?: ServerTls): Promise<SocketServer> {
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createTcpServer() : createTlsServer(optionsOf(tls));
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A client that goes away is what the tests are about.
    socket.on("error", () => {});
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function optionsOf({ key, certificate, version }: ServerTls) {
  return { key, cert: certificate, ...(version !== undefined && { minVersion: version, maxVersion: version }) };
}
