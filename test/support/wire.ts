import { connect } from "node:net";
import { readResponse, type WireResponse } from "./wire-response.ts";

/** One connection to an HTTP server, on which a client may write whatever it likes. */
export interface Wire extends Disposable {
  /** Text goes as Latin-1: a byte a character. */
  write(bytes: string | Uint8Array): void;
  /** Writes nothing more, once everything is written. */
  end(): void;
  /** Everything that has come so far, read as responses, without the informational ones. */
  heard(): Heard;
  /** Resolves when the server has closed the connection, or when that many responses have come. */
  wait(responses: number): Promise<Heard>;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<Heard>;
}

export interface Heard {
  readonly responses: readonly WireResponse[];
  /** What stands behind the last whole response. */
  readonly rest: string;
  readonly isClosed: boolean;
}

/** @param pauses true: nothing that comes is ever read */
export function openWire(port: number, { pauses = false }: { readonly pauses?: boolean } = {}): Wire {
  const { promise: closed, resolve } = Promise.withResolvers<Heard>();
  const waiting = new Set<() => void>();
  let read = "";
  let isClosed = false;
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  const heard = (): Heard => ({ ...responsesIn(read), isClosed });
  const tell = () => {
    for (const look of waiting) look();
  };
  if (pauses) socket.pause();
  else
    socket.on("data", (text) => {
      read += text;
      tell();
    });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    isClosed = true;
    tell();
    resolve(heard());
  });
  return {
    ...{ heard, closed },
    write: (bytes) => void socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes),
    end: () => void socket.end(),
    wait: (responses) => {
      const { promise, resolve: done } = Promise.withResolvers<Heard>();
      const look = () => {
        const now = heard();
        if (!now.isClosed && now.responses.length < responses) return;
        waiting.delete(look);
        done(now);
      };
      waiting.add(look);
      look();
      return promise;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

function responsesIn(text: string): Omit<Heard, "isClosed"> {
  const responses: WireResponse[] = [];
  let rest = text;
  for (let read = readResponse(rest); read !== null; read = readResponse(rest)) {
    rest = rest.slice(read.length);
    if (read.response.status >= 200) responses.push(read.response);
  }
  return { responses, rest };
}
