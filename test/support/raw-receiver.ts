import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import type { TestCertificate } from "./certificate.ts";

/** The server's side of one connection, byte by byte. */
export interface RawConnection {
  /** 1-based, in the order of accepting. */
  readonly number: number;
  /** The next whole request on this connection, head and body, each byte a character; null when the client has closed it. */
  request(): Promise<string | null>;
  /** Writes each character as one byte. Resolves when they have left, or as soon as the connection is closed. */
  write(text: string): Promise<void>;
  /** Closes our side in good order (FIN). */
  end(): void;
  /** Tears the connection down (RST). */
  reset(): void;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
}

export interface RawReceiver extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https:` with a certificate. */
  readonly origin: string;
  /** Every request that was read, as it came. */
  readonly requests: readonly string[];
  readonly connections: readonly RawConnection[];
  nextRequest(name: string): Promise<string>;
  nextConnection(name: string): Promise<RawConnection>;
}

/** What the server does with each connection. What it throws once the connection is closed is of no interest. */
export type RawScript = (connection: RawConnection) => Promise<void> | void;

/** A server that misbehaves exactly as told: on TCP, or on TLS with the certificate. */
export async function startRawReceiver(script: RawScript, certificate?: TestCertificate): Promise<RawReceiver> {
  const requests = createArrivals<string>();
  const connections = createArrivals<RawConnection>();
  const sockets = new Set<Socket>();

  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const connection = connect(socket, connections.all.length + 1, requests);
    connections.push(connection);
    void script(connection);
  };
  const server =
    certificate === undefined
      ? createTcpServer(accept)
      : createTlsServer({ key: certificate.key, cert: certificate.certificate }, accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    port,
    origin: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests: requests.all,
    connections: connections.all,
    nextRequest: requests.next,
    nextConnection: connections.next,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Answers every request on every connection with these texts, in order, the last one again and again. */
export function answering(...answers: readonly string[]): RawScript {
  let next = 0;
  return async (connection) => {
    while ((await connection.request()) !== null) {
      await connection.write(answers[Math.min(next++, answers.length - 1)] ?? "");
    }
  };
}

function connect(socket: Socket, number: number, requests: Arrivals<string>): RawConnection {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let received = "";
  let wakeReader = () => {};
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    wakeReader();
  });
  // A client that goes away is what the tests are about.
  socket.on("error", () => {});

  async function request(): Promise<string | null> {
    for (;;) {
      const length = lengthOfRequest(received);
      if (length !== null) {
        const text = received.slice(0, length);
        received = received.slice(length);
        requests.push(text);
        return text;
      }
      if (socket.destroyed || socket.readableEnded) return null;
      await moreOrClosed();
    }
  }

  function moreOrClosed(): Promise<void> {
    return new Promise((resolve) => {
      wakeReader = resolve;
      socket.once("end", resolve);
      void closed.then(resolve);
    });
  }

  return {
    number,
    request,
    closed,
    // By way of the event loop, or else a script that writes without end would never see its connection closed.
    write: async (text) => {
      const written = new Promise<void>((resolve) => socket.write(text, "latin1", () => setImmediate(resolve)));
      await Promise.race([closed, written]);
    },
    end: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}

/** How many characters the first request takes; null while it is incomplete. Only Content-Length is understood. */
function lengthOfRequest(received: string): number | null {
  const endOfHead = received.indexOf("\r\n\r\n");
  if (endOfHead === -1) return null;
  const bodyLength = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, endOfHead))?.[1] ?? 0);
  const length = endOfHead + 4 + bodyLength;
  return received.length < length ? null : length;
}
