import { now } from "../clock.ts";
import { payloadMaker } from "../payload.ts";
import { latencyOf } from "../statistics.ts";
import { Connection } from "./connection.ts";
import type { Load, Loaded } from "./protocol.ts";

const EVENTS = "/api/events";

/** Posts numbered events and keeps the books of the answers. */
export class Poster {
  readonly #load: Load;
  readonly #body: ReturnType<typeof payloadMaker>;
  readonly #latenciesMs: number[] = [];
  readonly #latenessMs: number[] = [];
  #startedAt = 0;
  #posted = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#body = payloadMaker(load.dataBytes);
  }

  /** How many were sent off. */
  get posted(): number {
    return this.#posted;
  }

  connect(): Promise<Connection> {
    return Connection.open(new URL(this.#load.url), `Bearer ${this.#load.authorization}`);
  }

  /** The next event, which was due at `at`. @throws Error for any answer but 202: figures of refusals would mean nothing */
  async post(connection: Connection, at: number): Promise<void> {
    if (this.#posted === 0) this.#startedAt = now();
    const number = this.#posted++;
    const type = this.#load.types[number % this.#load.types.length] ?? "";
    this.#latenessMs.push(now() - at);
    const status = await connection.post(EVENTS, this.#body(type, { number, at }));
    if (status !== 202) throw new Error(`an event was answered with ${status}`);
    this.#latenciesMs.push(now() - at);
  }

  loaded(): Loaded {
    return {
      accepted: this.#latenciesMs.length,
      startedAt: this.#startedAt,
      endedAt: now(),
      latency: latencyOf(this.#latenciesMs),
      lateness: latencyOf(this.#latenessMs),
    };
  }
}
