import type { Socket } from "node:net";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import { type ServerTls, type SocketServer, startSocketServer } from "./socket-server.ts";

/** The server's side of one connection, byte by byte. */
export interface RawConnection {
  /** 1-based, in the order of accepting. */
  readonly number: number;
  /** The next whole request on this connection, head and body, each byte a character; null when the client has closed it. */
  request(): Promise<string | null>;
  /** Writes each character as one byte. Resolves when they have left, or as soon as the connection is closed. */
  write(text: string): Promise<void>;
  /** Writes the same again and again, so often or until the client has had enough. */
  flood(text: string, times?: number): Promise<void>;
  /** Writes byte after byte, each with a moment before it, until all are written or the connection is closed. */
  drip(text: string, everyMs: number): Promise<void>;
  /** Reads no further than one byte at a time, each with a moment before it, until the connection is closed. */
  sip(everyMs: number): Promise<void>;
  /** Resolves after this time, or as soon as the connection is closed. */
  rest(ms: number): Promise<void>;
  /** Closes our side in good order (FIN). */
  end(): void;
  /** Tears the connection down (RST). */
  reset(): void;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
}

export interface RawReceiver extends SocketServer {
  /** Every request that was read, as it came. */
  readonly requests: readonly string[];
  readonly connections: readonly RawConnection[];
  nextRequest(name: string): Promise<string>;
  nextConnection(name: string): Promise<RawConnection>;
}

/** What the server does with each connection. What it throws once the connection is closed is of no interest. */
export type RawScript = (connection: RawConnection) => Promise<void> | void;

/** A server that misbehaves exactly as told: on TCP, or on TLS with the certificate. */
export async function startRawReceiver(script: RawScript, tls?: ServerTls): Promise<RawReceiver> {
  const requests = createArrivals<string>();
  const connections = createArrivals<RawConnection>();
  const server = await startSocketServer((socket) => {
    const connection = connect(socket, connections.all.length + 1, requests);
    connections.push(connection);
    void script(connection);
  }, tls);
  return {
    ...server,
    requests: requests.all,
    connections: connections.all,
    nextRequest: requests.next,
    nextConnection: connections.next,
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
  const take = (chunk: Buffer) => {
    received += chunk.toString("latin1");
    wakeReader();
  };
  socket.on("data", take);
  socket.once("end", () => wakeReader());
  void closed.then(() => wakeReader());

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
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
    }
  }

  // By way of the event loop, or else a script that writes without end would never see its connection closed.
  async function write(text: string): Promise<void> {
    const written = new Promise<void>((resolve) => socket.write(text, "latin1", () => setImmediate(resolve)));
    await Promise.race([closed, written]);
  }

  async function rest(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([closed, over.promise]);
    clearTimeout(timer);
  }

  return {
    ...{ number, request, write, rest, closed },
    async flood(text, times = Number.POSITIVE_INFINITY) {
      for (let time = 0; time < times && !socket.destroyed; time++) await write(text);
    },
    async drip(text, everyMs) {
      for (let at = 0; at < text.length && !socket.destroyed; at++) {
        await rest(everyMs);
        await write(text.charAt(at));
      }
    },
    async sip(everyMs) {
      socket.off("data", take);
      socket.pause();
      for (; !socket.destroyed; socket.read(1)) await rest(everyMs);
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
