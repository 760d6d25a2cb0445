import assert from "node:assert/strict";
import { type Operation, operationsOf } from "../support/api-document.ts";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { emptyPlace } from "../support/place.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { complaint, type FuzzedAnswer } from "./fuzz-verdict.ts";
import { type FuzzedRequest, type FuzzedWorld, fuzzedRequest } from "./fuzzed-request.ts";
import { type Figures, progress, type Suite } from "./suite.ts";

/** Each against a process of its own, so that what piles up stays small. */
const ROUND_REQUESTS = 3_000;
const ROUNDS_FULL = 100;
const KNOWN_MAX = 50;
const SHOWN_CHARACTERS = 2_000;

export const apiFuzz: Suite = {
  name: "api-fuzz",
  describe: "sound and broken requests to every operation of the document: each is answered as the document says",
  run: async ({ seed, full }) => {
    const rounds = full ? ROUNDS_FULL : 1;
    const tell = progress("rounds", rounds);
    const tally = new Tally();
    for (let round = 0; round < rounds; round++) {
      await fuzz(createSeededRandom(seed + round), tally);
      tell(round + 1);
    }
    return tally.figures();
  },
};

async function fuzz(random: SeededRandom, tally: Tally): Promise<void> {
  using place = emptyPlace();
  await using receiver = startReceiver([200]);
  await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
  const document = await fetch(`${posthorn.url}/swagger/json`);
  const operations = operationsOf(await document.text());
  const world = new World(posthorn, receiver);
  for (let n = 0; n < ROUND_REQUESTS; n++) {
    const operation = operations[random.between(0, operations.length - 1)];
    assert(operation !== undefined);
    await ask(fuzzedRequest(operation, world, random), world, posthorn, tally);
  }
  const { data } = await posthorn.api<{ status: string }>("GET", "/health");
  assert.equal(data.status, "ready");
  assert.equal(await storedEvents(posthorn), world.acknowledged.size, "events are stored that nobody was told of");
  posthorn.signal("SIGTERM");
  const { exitCode, error, out } = await posthorn.ended;
  assert.deepEqual({ exitCode, error }, { exitCode: 0, error: "" });
  assert(!out.includes('"level":"error"'), out);
}

async function ask(request: FuzzedRequest, world: World, posthorn: Binary, tally: Tally): Promise<void> {
  const { operation, target, headers, body } = request;
  const { method } = operation;
  const response = await fetch(posthorn.url + target, {
    ...{ method, headers, redirect: "manual" },
    ...(body !== null && { body }),
  });
  const answer = { status: response.status, headers: response.headers, text: await response.text() };
  const found = complaint(request, answer);
  if (found !== null) throw new Error(`${found}\n${shown(request, answer)}`);
  tally.count(request, answer.status);
  if (answer.status < 300 && operation.path.startsWith("/api/")) world.learn(operation, JSON.parse(answer.text));
}

/** Enough to send it again. */
function shown({ operation, target, headers, body }: FuzzedRequest, { status, text }: FuzzedAnswer): string {
  const lines = [`${operation.method} ${target}`, JSON.stringify(headers), body ?? "", `→ ${status} ${text}`];
  return lines.map((line) => line.slice(0, SHOWN_CHARACTERS)).join("\n");
}

async function storedEvents({ url, adminKey }: Binary): Promise<number> {
  const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${adminKey}` } });
  return Number(/^posthorn_events_accepted_total (\d+)$/m.exec(await metrics.text())?.[1]);
}

interface Told {
  readonly data: unknown;
  readonly page?: { readonly next_cursor: string | null };
}

/** What answers have shown. */
class World implements FuzzedWorld {
  readonly key: string;
  readonly receiver: string;
  readonly known = new Map<string, string[]>([["asset", ["start.js", "swagger-ui.css", "favicon.png"]]]);
  /** By tenant and id. */
  readonly acknowledged = new Set<string>();

  constructor({ adminKey }: Binary, { origin }: Receiver) {
    this.key = adminKey;
    this.receiver = origin;
  }

  learn({ id }: Operation, { data, page }: Told): void {
    for (const row of Array.isArray(data) ? data : [data]) this.#learnRow(row);
    if (page?.next_cursor) this.#remember("cursor", page.next_cursor);
    if (id === "postEvent" && Object(data).duplicate !== true) this.acknowledged.add(`${this.acknowledged.size}`);
  }

  #learnRow(row: unknown): void {
    const { id, type, event_type: eventType } = Object(row);
    if (typeof id !== "string") return;
    const [, prefix = "event"] = /^(webhook|delivery|key)_/.exec(id) ?? [];
    this.#remember(prefix, id);
    for (const name of [type, eventType]) if (typeof name === "string") this.#remember("event_type", name);
  }

  #remember(kind: string, text: string): void {
    const texts = this.known.get(kind) ?? [];
    if (!texts.includes(text)) texts.push(text);
    if (texts.length > KNOWN_MAX) texts.shift();
    this.known.set(kind, texts);
  }
}

class Tally {
  readonly #byStatus = new Map<number, number>();
  #sound = 0;

  count({ isSound }: FuzzedRequest, status: number): void {
    if (isSound) this.#sound += 1;
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  figures(): Figures {
    const counts = [...this.#byStatus].toSorted(([one], [other]) => one - other);
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    return {
      ...{ requests: all, "nothing wrong with them": this.#sound },
      ...Object.fromEntries(counts.map(([status, count]) => [`answered with ${status}`, count])),
    };
  }
}
