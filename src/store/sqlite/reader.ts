import type { Database } from "bun:sqlite";
import { AttemptTable } from "./attempts.ts";
import { AuditTable } from "./audit.ts";
import { AuditPages } from "./audit-page.ts";
import { EventTable } from "./events.ts";
import { KeyTable } from "./keys.ts";
import { Lanes } from "./lanes.ts";
import { LogPages } from "./log-page.ts";
import { LogTable } from "./logs.ts";
import { Stats } from "./stats.ts";
import { type Doers, obey, type Question, type ReadVerbs } from "./verbs.ts";
import { WebhookTable } from "./webhooks.ts";

export type ReadResult =
  | { readonly kind: "done"; readonly answer: unknown }
  | { readonly kind: "fatal"; readonly reason: string };

/** Answers one question at a time, each from one state of the database. */
export class Reader {
  readonly #verbs: Doers<ReadVerbs>;
  readonly #atOnce: (question: Question) => unknown;

  constructor(db: Database) {
    this.#verbs = doersOf(db);
    this.#atOnce = db.transaction((question: Question) => obey(this.#verbs, question));
  }

  answer(question: Question): ReadResult {
    try {
      return { kind: "done", answer: this.#atOnce(question) };
    } catch (error) {
      return { kind: "fatal", reason: String(error) };
    }
  }
}

function doersOf(db: Database): Doers<ReadVerbs> {
  const audit = new AuditTable(db);
  const audits = new AuditPages(db, audit);
  const webhooks = new WebhookTable(db, audit);
  const events = new EventTable(db);
  const lines = new LogTable(db);
  const pages = new LogPages(db, lines);
  const attempts = new AttemptTable(db);
  const lanes = new Lanes(db);
  const keys = new KeyTable(db, audit);
  const stats = new Stats(db, lanes);
  return {
    findWebhook: ({ tenant, id }) => webhooks.find(tenant, id),
    listWebhooks: (list) => webhooks.list(list),
    listEvents: (list) => events.list(list),
    findEvent({ tenant, id }) {
      const event = events.find(tenant, id);
      return event === null ? null : { ...event, log: lines.ofEvent(event.row) };
    },
    listLog: (list) => pages.page(list),
    findLog({ webhook, deliveryId }) {
      const row = lines.byId(webhook, deliveryId);
      return row === null ? null : { row, body: lines.bodyOf(row.row), attempts: attempts.of(row.row) };
    },
    findLogEntry: ({ webhook, deliveryId }) => lines.byId(webhook, deliveryId),
    lanes: () => lanes.starts(),
    listKeys: (list) => keys.list(list),
    listAudit: (list) => audits.page(list),
    isAdministered: (now) => keys.isAdministered(now),
    stats: () => stats.now(),
  };
}
