import { now } from "../clock.ts";
import type { Connection } from "./connection.ts";
import { Poster } from "./poster.ts";
import type { Loaded, OpenLoop } from "./protocol.ts";

/** Opened before the first event is due, so that no latency holds a connect unless more than these are busy at once. */
const CONNECTIONS_AT_START = 32;
/** A server that has stopped answering is not flooded with connections: the events wait, and their latencies tell. */
const CONNECTIONS_MAX = 256;

export async function openLoop(load: OpenLoop): Promise<Loaded> {
  const loop = new Loop(load);
  await loop.run();
  return loop.poster.loaded();
}

class Loop {
  readonly poster: Poster;
  readonly #load: OpenLoop;
  readonly #idle: Connection[] = [];
  readonly #open: Connection[] = [];
  /** Due times of the events that found no connection. */
  readonly #waiting: number[] = [];
  readonly #done = Promise.withResolvers<void>();
  #connecting = 0;
  #underWay = 0;
  #due = 0;

  constructor(load: OpenLoop) {
    this.#load = load;
    this.poster = new Poster(load);
  }

  async run(): Promise<void> {
    this.#open.push(...(await Promise.all(Array.from({ length: CONNECTIONS_AT_START }, () => this.poster.connect()))));
    this.#idle.push(...this.#open);
    const timer = this.#start(now());
    try {
      await this.#done.promise;
    } finally {
      clearInterval(timer);
      for (const connection of this.#open) connection.close();
    }
  }

  #start(startedAt: number): Timer {
    const { perSecond, seconds } = this.#load;
    const total = Math.round(perSecond * seconds);
    const dueAt = (event: number) => startedAt + (event * 1_000) / perSecond;
    return setInterval(() => {
      while (this.#due < total && dueAt(this.#due) <= now()) this.#waiting.push(dueAt(this.#due++));
      this.#pump();
      if (this.#due === total && this.#waiting.length === 0 && this.#underWay === 0) this.#done.resolve();
    }, 1);
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const connection = this.#idle.pop();
      if (connection === undefined) break;
      void this.#post(connection, this.#waiting.shift() ?? now());
    }
    if (this.#waiting.length > 0) this.#widen();
  }

  async #post(connection: Connection, at: number): Promise<void> {
    this.#underWay += 1;
    try {
      await this.poster.post(connection, at);
      this.#idle.push(connection);
      this.#pump();
    } catch (error) {
      this.#done.reject(error);
    } finally {
      this.#underWay -= 1;
    }
  }

  #widen(): void {
    if (this.#open.length + this.#connecting >= CONNECTIONS_MAX) return;
    this.#connecting += 1;
    this.poster.connect().then(
      (connection) => {
        this.#connecting -= 1;
        this.#open.push(connection);
        this.#idle.push(connection);
        this.#pump();
      },
      (error) => this.#done.reject(error),
    );
  }
}
