import assert from "node:assert/strict";
import type { Binary } from "../support/binary.ts";
import { until } from "../support/until.ts";
import { type Behaviour, DEADLINE_MS, FORGED, type Seen } from "./hostile-behaviour.ts";
import { type HostileReceiver, startHostile } from "./hostile-behaviours.ts";

const HOSTILE_EVENT = "resume.created";
/** Calls of the API under way at the same time. */
const AT_ONCE = 16;

/** A webhook, and what its receiver is like. */
interface Target {
  readonly webhook: string;
  readonly behaviour: Behaviour;
}

/** An attempt that was checked, for whoever asks how long it took in all. */
export interface Checked {
  readonly name: string;
  readonly delivery: string;
  readonly startedAt: number;
}

/** Receivers that misbehave, each in some copies, and the webhooks that lead to them. */
export class Siege implements AsyncDisposable {
  readonly #posthorn: Binary;
  readonly #receivers: readonly HostileReceiver[];
  readonly #targets: readonly Target[];

  private constructor(posthorn: Binary, receivers: readonly HostileReceiver[], targets: readonly Target[]) {
    this.#posthorn = posthorn;
    this.#receivers = receivers;
    this.#targets = targets;
  }

  /** All copies of a behaviour are at one receiver, so that they could get each other's answers. */
  static async lay(posthorn: Binary, behaviours: readonly Behaviour[], copies: number): Promise<Siege> {
    const receivers = await Promise.all(behaviours.map(startHostile));
    const places = behaviours.flatMap((behaviour, at) =>
      Array.from({ length: copies }, (_, copy) => ({ behaviour, url: `${receivers[at]?.target}/${copy}` })),
    );
    const targets = await eachOf(places, async ({ behaviour, url }) => {
      const webhook = { url, events: [HOSTILE_EVENT], retry_schedule: [], timeout: `${DEADLINE_MS / 1_000}s` };
      const made = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
      assert.equal(made.status, 201, JSON.stringify(made.error));
      return { behaviour, webhook: made.data.id };
    });
    return new Siege(posthorn, receivers, targets);
  }

  /** Sends all of them so many events at once, waits for the end of every attempt, and checks what is told of it. */
  async attack(round: 0 | 1, events: number): Promise<readonly Checked[]> {
    const ids = await eachOf(Array.from({ length: events }), () => this.#post());
    const deliveries = await eachOf(ids, (id) => until("all attempts are over", () => this.#finished(id)));
    assert(deliveries.every(({ length }) => length === this.#targets.length));
    return eachOf(deliveries.flat(), (delivery) => this.#check(delivery, round));
  }

  /** @throws when a receiver got more requests than there were attempts; `events` are those of all rounds */
  assertNothingRepeated(events: number): void {
    const copies = this.#targets.length / this.#receivers.length;
    for (const { requests } of this.#receivers) assert(requests.length <= events * copies, "a request came again");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await eachOf(this.#targets, ({ webhook }) => this.#posthorn.api("DELETE", `/api/webhooks/${webhook}`));
    for (const receiver of this.#receivers) await receiver[Symbol.asyncDispose]();
  }

  async #post(): Promise<string> {
    const event = { type: HOSTILE_EVENT, data: {} };
    return (await this.#posthorn.api<{ id: string }>("POST", "/api/events", event)).data.id;
  }

  async #finished(event: string): Promise<readonly Delivery[] | null> {
    const { data } = await this.#posthorn.api<{ deliveries: readonly Delivery[] }>("GET", `/api/events/${event}`);
    return data.deliveries.every(({ status }) => status === "delivered" || status === "failed")
      ? data.deliveries
      : null;
  }

  async #check({ id, webhook_id: webhook, error = null }: Delivery, round: 0 | 1): Promise<Checked> {
    const behaviour = this.#targets.find((target) => target.webhook === webhook)?.behaviour;
    assert(behaviour !== undefined, "a delivery to a webhook of somebody else");
    const { data } = await this.#posthorn.api<{ history: readonly Entry[] }>(
      "GET",
      `/api/webhooks/${webhook}/logs/${id}`,
    );
    const [attempt] = data.history;
    assert(attempt !== undefined && data.history.length === 1, `${behaviour.name}: ${data.history.length} attempts`);
    const told = `${behaviour.name}, delivery ${round + 1}`;
    assert.deepEqual(seenOf(attempt), expected(behaviour, round), told);
    assert.equal(error, attempt.error, told);
    assert.deepEqual(foreignMarks(attempt, id), [], told);
    return { name: behaviour.name, delivery: id, startedAt: Date.parse(attempt.started_at) };
  }
}

/** Of an event's deliveries, as the API tells them. */
interface Delivery {
  readonly id: string;
  readonly webhook_id: string;
  readonly status: string;
  readonly error?: string | null;
}

/** One attempt, as the API tells it. */
interface Entry {
  readonly code: string;
  readonly error: string | null;
  readonly started_at: string;
  readonly response: { readonly status_code: number; readonly body_end: Seen["end"] } | null;
}

function expected({ seen }: Behaviour, round: 0 | 1): Seen {
  return "code" in seen ? seen : seen[round];
}

function seenOf({ code, error, response }: Entry): Seen {
  return { code, error, status: response?.status_code ?? null, end: response?.body_end ?? null };
}

/** What the answer bears that was not meant for this delivery. */
function foreignMarks({ response }: Entry, id: string): readonly string[] {
  const marks = JSON.stringify(response).match(new RegExp(`${id.slice(0, id.indexOf("_"))}_\\w+|${FORGED}`, "g")) ?? [];
  return marks.filter((mark) => mark !== id);
}

/** In order, some at a time. */
async function eachOf<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(act))));
  }
  return results;
}
