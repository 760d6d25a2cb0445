import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands before a receiver: while it is shut, who connects gets no byte, and so no TLS handshake; later he is let through. */
export class Gate implements AsyncDisposable {
  readonly port: number;
  /** Resolves when somebody has connected. */
  readonly reached: Promise<unknown>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOpen = false;

  private constructor(server: Server, receiverPort: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.reached = once(server, "connection");
    server.on("connection", (caller) => {
      this.#keep(caller);
      if (this.#isOpen) caller.pipe(this.#keep(connect(receiverPort, "127.0.0.1"))).pipe(caller);
    });
  }

  static async shut(receiverPort: number): Promise<Gate> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Gate(server, receiverPort);
  }

  open(): void {
    this.#isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** The end of either side is no fault: the caller is there to be killed. */
  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }
}
