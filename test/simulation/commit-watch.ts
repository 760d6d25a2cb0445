import { idAfter } from "../../src/domain/ids.ts";
import type { NewEvent, ReadyDelivery } from "../../src/store/contract.ts";
import type { IngestReply } from "../../src/store/sqlite/ingest.ts";
import type { Answer, Argument, Command, WriteVerbs } from "../../src/store/sqlite/verbs.ts";
import type { BatchResult } from "../../src/store/sqlite/writer.ts";
import type { Clock, Millis } from "../../src/world.ts";
import type { Books, DeliveryEntry, EventEntry } from "./books.ts";
import type { Judge } from "./judge.ts";
import type { OutcomeWatch } from "./outcome-watch.ts";
import type { Tables } from "./tables.ts";
import type { TidyWatch } from "./tidy-watch.ts";
import { NEW_VERSION, versionChanges, WebhookEntry } from "./webhook-entry.ts";

export interface CommitWatchParts {
  readonly books: Books;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly tables: Tables;
  readonly outcomes: OutcomeWatch;
  readonly tidying: TidyWatch;
}

type Readers = { [V in keyof WriteVerbs]?: (argument: Argument<WriteVerbs, V>, answer: Answer<WriteVerbs, V>) => void };

/** Writes the books: reads each command that was committed, in order, and judges its answer. */
export class CommitWatch {
  readonly #parts: CommitWatchParts;
  readonly #readers: Readers;

  constructor(parts: CommitWatchParts) {
    this.#parts = parts;
    const { outcomes, tidying } = parts;
    this.#readers = {
      createWebhook: (webhook, created) => {
        if (created !== null) this.#createWebhook(created.key, webhook);
      },
      updateWebhook: (update, answer) => this.#updateWebhook(update, answer),
      deleteWebhook: (_, answer) => this.#deleteWebhook(answer),
      ingest: (event, reply) => this.#ingest(event, reply),
      ingestTest: ({ event, webhook }, reply) => {
        if (reply !== null)
          this.#place(this.#event(event, new Set([webhook]), true), event, [{ key: reply.key, webhook }]);
      },
      resend: ({ newId, deliveryId }, reply) => {
        if (reply !== null) this.#resent(reply, newId, deliveryId, false);
      },
      resendFailed: ({ firstNewId }, { deliveries }) => this.#resentAll(deliveries, firstNewId),
      recover: (now, lanes) => outcomes.recovered(now, lanes),
      settle: (outcome, reply) => outcomes.settled(outcome, reply),
      release: (interruption) => outcomes.released(interruption),
      tidy: (options, tidied) => tidying.ran(options, tidied),
    };
  }

  committed(batch: readonly Command[], result: BatchResult): void {
    if (result.kind !== "done") throw new Error(`the writer is ${result.kind}: ${result.reason}`);
    for (const { reason } of result.refusals) throw new Error(`the writer refuses: ${reason}`);
    for (const [at, command] of batch.entries()) this.#read(command, result.answers[at]);
    this.#parts.tidying.compare();
  }

  /** The answers go back. */
  answered(): void {
    for (const webhook of this.#parts.books.touchedWebhooks) webhook.hear();
  }

  #read({ verb, argument }: Command, answer: unknown): void {
    // The writer gives each command its own verb's answer.
    const reader = this.#readers[verb] as ((argument: unknown, answer: unknown) => void) | undefined;
    reader?.(argument, answer);
  }

  #createWebhook(key: number, webhook: Argument<WriteVerbs, "createWebhook">): void {
    const version = { ...NEW_VERSION, ...versionChanges(webhook) };
    this.#parts.books.webhooks.set(key, new WebhookEntry(key, webhook.id, version, this.#parts.clock.monotonic()));
  }

  #updateWebhook(
    { changes }: Argument<WriteVerbs, "updateWebhook">,
    answer: Answer<WriteVerbs, "updateWebhook">,
  ): void {
    if (answer === null) return;
    const webhook = this.#parts.books.webhook(answer.key);
    const isMoved = changes.url !== undefined && changes.url !== webhook.now.url;
    webhook.change({ ...(isMoved && { urlPassed: false }), ...versionChanges(changes) }, this.#parts.clock.monotonic());
    this.#parts.books.touchedWebhooks.add(webhook);
  }

  #deleteWebhook(answer: Answer<WriteVerbs, "deleteWebhook">): void {
    if (answer === null) return;
    const webhook = this.#parts.books.webhook(answer.key);
    webhook.change({ active: false }, this.#parts.clock.monotonic());
    webhook.isDeleted = true;
    this.#parts.books.touchedWebhooks.add(webhook);
  }

  #ingest(event: NewEvent, reply: IngestReply): void {
    const { books, judge } = this.#parts;
    const known = books.events.get(event.id);
    const isSame = known?.type === event.type && known.data === dataOf(event.body);
    const expected = known === undefined ? "accepted" : isSame ? "duplicate" : "conflict";
    judge.expect("kept", reply.kind === expected, () => `event ${event.id}: ${reply.kind} and not ${expected}`);
    if (reply.kind !== "accepted") return;
    const wanting = [...books.webhooks.values()].filter((webhook) => webhook.wants(event.type)).map(({ key }) => key);
    const placed = reply.placed.map(({ webhook }) => webhook).toSorted((a, b) => a - b);
    judge.expect("fanOut", String(placed) === String(wanting), () => `${event.id} for ${placed}, not for ${wanting}`);
    this.#place(this.#event(event, new Set(wanting), false), event, reply.placed);
  }

  #event({ id, type, body, createdAt }: NewEvent, matched: ReadonlySet<number>, isTest: boolean): EventEntry {
    const entry = { id, type, body, data: dataOf(body), matched, isTest, createdAt, deliveries: 0 };
    this.#parts.books.events.set(id, entry);
    return entry;
  }

  #place(
    event: EventEntry,
    { dueAt, firstDeliveryId }: NewEvent,
    placed: readonly { key: number; webhook: number }[],
  ): void {
    let id = firstDeliveryId;
    for (const { key, webhook } of placed) {
      this.#add({ key, id, webhook, event, dueAt, resendOf: null });
      id = idAfter(id);
    }
  }

  #resentAll(deliveries: readonly ReadyDelivery[], firstNewId: string): void {
    let id = firstNewId;
    for (const delivery of deliveries) {
      const source = this.#parts.tables.delivery(delivery.key)?.resendOf ?? "";
      this.#resent(delivery, id, source, true);
      id = idAfter(id);
    }
  }

  #resent({ key, webhook, dueAt }: ReadyDelivery, id: string, resendOf: string, isBulk: boolean): void {
    const { books, judge } = this.#parts;
    const source = [...books.deliveries.values()].find((entry) => entry.id === resendOf);
    judge.expect("fanOut", source?.webhook.key === webhook, () => `${id} repeats ${resendOf} of another webhook`);
    const again = [...books.deliveries.values()].find((entry) => entry.resendOf === resendOf);
    const isWanted = !isBulk || (source?.state === "failed" && again === undefined);
    judge.expect("fanOut", isWanted, () => `${id} repeats ${resendOf}, as ${again?.id} does`);
    if (source !== undefined) this.#add({ key, id, webhook, event: source.event, dueAt, resendOf });
  }

  #add(made: Pick<DeliveryEntry, "key" | "id" | "event" | "resendOf"> & { webhook: number; dueAt: Millis }): void {
    const { books } = this.#parts;
    books.add({
      ...made,
      webhook: books.webhook(made.webhook),
      isTest: made.event.isTest && made.resendOf === null,
      createdAt: Math.max(made.dueAt, made.event.createdAt),
      ...{
        state: "pending",
        because: null,
        attempts: 0,
        strays: 0,
        waitMs: 0,
        finishedAt: null,
        pause: null,
        isUnannounced: false,
      },
    });
  }
}

function dataOf(body: string): string {
  return JSON.stringify(JSON.parse(body).data);
}
