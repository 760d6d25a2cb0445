import assert from "node:assert/strict";
import type { Binary } from "../support/binary.ts";
import { type EventToPost, type Load, startLoad } from "../support/load.ts";
import type { Books } from "./books.ts";
import type { Subscriber, Subscription } from "./subscription.ts";

export interface AppOptions {
  readonly books: Books;
  /** Where its receivers are. */
  readonly origin: string;
  readonly perSecond: number;
  /** Of the events, taken in turns. */
  readonly types: readonly string[];
  readonly retrySchedule: readonly string[];
}

/** Whoever uses Posthorn: it makes webhooks, posts without a pause, and posts again what it got no answer to. */
export class App {
  readonly #options: AppOptions;
  readonly #unanswered = new Map<string, EventToPost>();
  readonly #unremoved = new Set<Subscriber>();
  #load: Load | null = null;
  readonly counts = { repeated: 0, knownAlready: 0 };

  constructor(options: AppOptions) {
    this.#options = options;
  }

  /** Posts to this process from now on. */
  use(posthorn: Binary): void {
    const post = (event: EventToPost) => this.#post(posthorn, event);
    const { perSecond, types } = this.#options;
    if (this.#load === null) this.#load = startLoad(post, { perSecond, types });
    else this.#load.aim(post);
  }

  async stop(): Promise<void> {
    await this.#load?.stop();
    assert.deepEqual([...(this.#load?.refused ?? [])], [], "events were refused");
  }

  /** An app that read no answer cannot know whether its event is stored, or its webhook gone. */
  async repeat(posthorn: Binary): Promise<void> {
    for (const subscriber of [...this.#unremoved]) await this.unsubscribe(posthorn, subscriber);
    const events = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const answer of await Promise.all(events.map((event) => this.#post(posthorn, event)))) {
      this.counts.repeated += 1;
      if (answer.data.duplicate === true) this.counts.knownAlready += 1;
    }
  }

  async subscribe(posthorn: Binary, subscription: Subscription): Promise<Subscriber> {
    const { books, origin, retrySchedule } = this.#options;
    const { path, events } = subscription;
    const askedAt = performance.now();
    const webhook = { url: `${origin}${path}`, events, retry_schedule: retrySchedule };
    const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
    const gone = { removalAskedAt: Number.POSITIVE_INFINITY, removedAt: Number.POSITIVE_INFINITY };
    const subscriber = { subscription, id: data.id, askedAt, madeAt: performance.now(), ...gone };
    books.subscribe(subscriber);
    return subscriber;
  }

  /** May be cut off in the middle; then it is asked for again. */
  async unsubscribe(posthorn: Binary, subscriber: Subscriber): Promise<void> {
    subscriber.removalAskedAt = Math.min(subscriber.removalAskedAt, performance.now());
    const answer = await posthorn.api("DELETE", `/api/webhooks/${subscriber.id}`).catch(() => null);
    if (answer === null) {
      this.#unremoved.add(subscriber);
      return;
    }
    assert(answer.status === 200 || answer.status === 404, `a webhook could not be removed: ${answer.status}`);
    this.#unremoved.delete(subscriber);
    subscriber.removedAt = performance.now();
  }

  async #post(posthorn: Binary, event: EventToPost) {
    const answered = this.#options.books.posting(event.id, event.type);
    try {
      const answer = await posthorn.api<{ duplicate?: boolean }>("POST", "/api/events", event);
      answered(answer.status === 202);
      return answer;
    } catch (error) {
      answered(false);
      this.#unanswered.set(event.id, event);
      throw error;
    }
  }
}
