import { SECRET } from "./subject.ts";

/** Requests to the receiver at once; what is more waits in memory. */
const IN_FLIGHT_MAX = 64;
/** So many that were sent are cut off from the front of the queue together: one by one would move all others each time. */
const SENT_MAX = 1_024;

interface Forwarded {
  readonly type: string;
  readonly body: string;
}

/** Signs and sends to one target, so many at once, in order. A failure ends the process: there is nothing to retry from. */
export class Forwarder {
  readonly #target: string;
  readonly #queue: Forwarded[] = [];
  #sent = 0;
  #inFlight = 0;

  constructor(target: string) {
    this.#target = target;
  }

  send(event: Forwarded): void {
    this.#queue.push(event);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < IN_FLIGHT_MAX) {
      const event = this.#queue[this.#sent];
      if (event === undefined) break;
      this.#sent += 1;
      void this.#deliver(event);
    }
    if (this.#sent < SENT_MAX) return;
    this.#queue.splice(0, this.#sent);
    this.#sent = 0;
  }

  async #deliver({ type, body }: Forwarded): Promise<void> {
    this.#inFlight += 1;
    const response = await fetch(this.#target, { method: "POST", headers: signedHeaders(type, body), body });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
    this.#inFlight -= 1;
    this.#pump();
  }
}

/** As Posthorn signs (README: What receivers get). */
export function signedHeaders(type: string, body: string): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = new Bun.CryptoHasher("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
  return {
    "Content-Type": "application/json",
    "X-SmartCV-Signature": `sha256=${signature}`,
    "X-SmartCV-Timestamp": String(timestamp),
    "X-SmartCV-Event": type,
    "X-SmartCV-Delivery": crypto.randomUUID(),
    "X-SmartCV-Attempt": "1",
  };
}
