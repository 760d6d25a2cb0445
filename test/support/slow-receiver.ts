import type { Socket } from "node:net";
import type { TestCertificate } from "./certificate.ts";
import { type SocketServer, startSocketServer } from "./socket-server.ts";

/** A receiver that takes connections and reads nothing of what is written to it until it is told to. */
export interface SlowReceiver extends SocketServer {
  /** The first connection, paused. */
  readonly connection: Promise<Socket>;
}

export async function startSlowReceiver(certificate?: TestCertificate): Promise<SlowReceiver> {
  const connection = Promise.withResolvers<Socket>();
  const server = await startSocketServer((socket) => {
    socket.pause();
    connection.resolve(socket);
  }, certificate);
  return { ...server, connection: connection.promise };
}
