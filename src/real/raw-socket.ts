import type { Socket } from "node:net";

/** What a connection hears of its socket. */
export interface SocketEvents {
  received(chunk: Buffer): void;
  /** What was refused by an earlier write may be tried again. */
  writable(): void;
  /** The other side will write no more. */
  ended(): void;
  /** It is closed; by a reset, if `error` is there. */
  closed(error?: Error): void;
}

export type RawSocket = Pick<
  Bun.Socket<SocketEvents>,
  "write" | "pause" | "resume" | "close" | "terminate" | "setNoDelay" | "reload" | "data"
>;

const HANDLERS: Bun.SocketHandler<SocketEvents> = {
  data: (socket, chunk) => socket.data.received(chunk),
  drain: (socket) => socket.data.writable(),
  end: (socket) => socket.data.ended(),
  close: (socket, error) => socket.data.closed(error),
  error: (socket, error) => {
    // What one of these has thrown comes here as well, and then the socket is still open.
    socket.terminate();
    socket.data.closed(error);
  },
};

/**
 * Takes the runtime's own socket out of a connected one of `node:net` or `node:tls`, which hears nothing any more.
 *
 * Only those two can give up a connect that is under way (`Bun.connect` gives no socket before it is open), and only the
 * socket beneath does without streams and event emitters at every request. It is the one that `Bun.connect` gives; the
 * name that it stands under is Node's own, but not documented.
 *
 * @throws TypeError when this runtime keeps it elsewhere
 */
export function takeOver(socket: Socket, events: SocketEvents): RawSocket {
  const raw = "_handle" in socket ? socket._handle : null;
  if (!isRawSocket(raw)) throw new TypeError("node:net has no socket of Bun beneath it");
  raw.reload({ socket: HANDLERS });
  raw.data = events;
  raw.setNoDelay(true);
  return raw;
}

function isRawSocket(value: unknown): value is RawSocket {
  return typeof value === "object" && value !== null && "reload" in value && "terminate" in value;
}
