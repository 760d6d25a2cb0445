import { newId } from "../../src/domain/ids.ts";
import type { Clock, Millis } from "../../src/world.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import type { ApiClient, Order } from "./api-client.ts";
import type { Books } from "./books.ts";
import type { Judge } from "./judge.ts";

const EVENT_TYPES = ["resume.created", "resume.updated", "user.registered", "ai.analysis_completed"] as const;
const PATIENCE_MS: Millis = 10_000;

export interface AppParts {
  readonly api: ApiClient;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly books: Books;
  readonly judge: Judge;
}

/** The app that posts events, each again under the same id until it is acknowledged. */
export class App {
  readonly #parts: AppParts;
  readonly #unacknowledged = new Set<string>();
  #orders = 0;
  #last: Order | null = null;
  acknowledged = 0;

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#unacknowledged.size;
  }

  postMany(count: number): void {
    for (let posted = 0; posted < count; posted++) this.#post();
  }

  #post(): void {
    const { random, clock } = this.#parts;
    const id = newId("event", clock.wall(), random.bytes(10));
    const order = { id, type: random.pick(EVENT_TYPES), data: `{"order":${++this.#orders}}` };
    this.#unacknowledged.add(id);
    this.#last = order;
    void this.#insist(order);
  }

  /** Posts what was posted last once more: it may be on its way still, or acknowledged already. */
  repeat(): void {
    if (this.#last !== null) void this.#parts.api.post(this.#last);
  }

  /** The same id with other content. */
  contradict(): void {
    if (this.#last !== null) void this.#parts.api.post({ ...this.#last, data: '{"other":true}' });
  }

  async #insist(order: Order): Promise<void> {
    const { api, clock, books, judge } = this.#parts;
    clock.after(PATIENCE_MS, () => {
      if (this.#unacknowledged.has(order.id)) void this.#insist(order);
    });
    if (!(await api.post(order)) || !this.#unacknowledged.delete(order.id)) return;
    this.acknowledged += 1;
    judge.expect("kept", books.events.has(order.id), () => `event ${order.id} is acknowledged and not there`);
  }
}
