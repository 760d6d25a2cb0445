import assert from "node:assert/strict";
import type { Binary } from "../support/binary.ts";
import type { KeptState } from "../support/kept-state.ts";
import type { EventToPost, PostEvent } from "../support/load.ts";
import { until } from "../support/until.ts";

/** Every event that was posted, with what was answered: a 202, a refusal, or nothing, from which nothing follows. */
export class Posts {
  readonly posted = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly refused = new Set<string>();
  /** What the refusals said: status, code and Retry-After. */
  readonly refusals = new Set<string>();
  #posthorn: Binary;

  constructor(posthorn: Binary) {
    this.#posthorn = posthorn;
  }

  readonly post: PostEvent = async (event: EventToPost) => {
    this.posted.add(event.id);
    const answer = await this.#posthorn.api("POST", "/api/events", event);
    if (answer.status === 202) this.acknowledged.add(event.id);
    else {
      this.refused.add(event.id);
      this.refusals.add(`${answer.status} ${answer.error?.code} ${answer.headers.get("Retry-After")}`);
    }
    return answer;
  };

  /** Where the next events go: a process that was started anew has another port. */
  aim(posthorn: Binary): void {
    this.#posthorn = posthorn;
  }

  /** Resolves when so many more were acknowledged. */
  async taken(more: number): Promise<void> {
    const wanted = this.acknowledged.size + more;
    await until("events are taken", () => this.acknowledged.size >= wanted);
  }

  async aRefusal(): Promise<void> {
    const before = this.refused.size;
    await until("an event is refused", () => this.refused.size > before);
  }

  /** @throws when an event that was acknowledged is missing, or one that was refused is there */
  check({ events, damage }: KeptState): void {
    assert.deepEqual(damage, []);
    assert.deepEqual([...this.acknowledged.difference(events)], [], "acknowledged and lost");
    assert.deepEqual([...this.refused.intersection(events)], [], "refused and stored");
  }
}
