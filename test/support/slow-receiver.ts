import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TestCertificate } from "./certificate.ts";

/** A receiver that takes connections and reads nothing of what is written to it until it is told to. */
export interface SlowReceiver extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** The first connection, paused. */
  readonly connection: Promise<Socket>;
}

export async function startSlowReceiver(certificate?: TestCertificate): Promise<SlowReceiver> {
  const sockets = new Set<Socket>();
  const connection = Promise.withResolvers<Socket>();
  const accept = (socket: Socket) => {
    socket.pause();
    socket.on("error", () => {});
    sockets.add(socket);
    connection.resolve(socket);
  };
  const server =
    certificate === undefined
      ? createTcpServer(accept)
      : createTlsServer({ key: certificate.key, cert: certificate.certificate }, accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    connection: connection.promise,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
