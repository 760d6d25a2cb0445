import type { TLSSocket } from "node:tls";
import type { buildConnector } from "undici-real";
import type { ConnectTimings } from "../world.ts";
import { dial, type TlsTarget } from "./tls-dial.ts";

const NO_TIMINGS: ConnectTimings = { connectMs: null, tlsMs: null };

/** Gives undici its sockets: to one vetted address and nowhere else. Whatever name undici asks for, none is resolved. */
export class TlsDialler {
  readonly #target: TlsTarget;
  #socket: TLSSocket | null = null;
  #timings = NO_TIMINGS;
  #isClosedByReceiver = false;

  constructor(target: TlsTarget) {
    this.#target = target;
  }

  readonly connect: buildConnector.connector = (_origin, callback) => {
    this.#isClosedByReceiver = false;
    this.#socket = dial(this.#target, (dialled) => {
      if (!dialled.ok) {
        callback(dialled.failure, null);
        return;
      }
      this.#timings = dialled.timings;
      callback(null, dialled.socket);
    });
    this.#socket.once("end", () => {
      this.#isClosedByReceiver = true;
    });
  };

  /** How long the last connect took; only the first request after it is told. */
  takeTimings(): ConnectTimings {
    const timings = this.#timings;
    this.#timings = NO_TIMINGS;
    return timings;
  }

  /** Whether the last connection was ended by the other side. */
  get isClosedByReceiver(): boolean {
    return this.#isClosedByReceiver;
  }

  destroy(): void {
    this.#socket?.destroy();
  }
}
