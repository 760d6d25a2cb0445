import type { Database } from "bun:sqlite";
import { AttemptTable } from "./attempts.ts";
import { AuditTable } from "./audit.ts";
import { isReading } from "./command-kind.ts";
import { DeliveryTable } from "./deliveries.ts";
import { EventTable } from "./events.ts";
import { FactTable } from "./facts.ts";
import { type Fault, faultOf, type Obstacle } from "./fault.ts";
import { Ingest } from "./ingest.ts";
import { KeyTable } from "./keys.ts";
import { Lanes, Recovery } from "./lanes.ts";
import { Resend } from "./resend.ts";
import { RowKeys } from "./row-keys.ts";
import { Settle } from "./settle.ts";
import { Space } from "./space.ts";
import { Standings } from "./standings.ts";
import { Subscribers } from "./subscribers.ts";
import { Tidy } from "./tidy.ts";
import { type Command, type Doers, obey, type WriteVerbs } from "./verbs.ts";
import { WebhookTable } from "./webhooks.ts";

/** One that a constraint refused: nothing of it was written, the others of its batch were. */
export interface Refusal {
  readonly at: number;
  readonly reason: string;
}

/** `done`: all of it is on disk, and the answers are in the order of the commands. Else nothing of it was written. */
export type BatchResult =
  | { readonly kind: "done"; readonly answers: readonly unknown[]; readonly refusals: readonly Refusal[] }
  | { readonly kind: Obstacle | "fatal"; readonly reason: string };

/** Nothing of a batch was written. `refused`: a constraint spoke, to which of its commands is not known. */
type Undone = { readonly [Kind in Fault]: { readonly kind: Kind; readonly reason: string } }[Fault];

/** Runs batches of commands on the connection that writes: a batch is one transaction, so it costs one fsync. */
export class Writer {
  readonly #db: Database;
  readonly #subscribers: Subscribers;
  readonly #standings: Standings;
  readonly #verbs: Doers<WriteVerbs>;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#db = db;
    this.#subscribers = new Subscribers(db);
    this.#standings = new Standings(db);
    this.#verbs = doersOf(db, this.#subscribers, this.#standings);
    this.#sql = prepare(db);
  }

  /** Plainly at first: for a savepoint SQLite copies every page that is written after it, which doubles what an event costs. */
  run(batch: readonly Command[]): BatchResult {
    const [first] = batch;
    if (first?.verb === "reclaim") return this.#fatalIfRefused(() => this.#alone(first));
    const result = this.#trying(() => this.#together(batch));
    return result.kind === "refused" ? this.#fatalIfRefused(() => this.#apart(batch)) : result;
  }

  #together(batch: readonly Command[]): BatchResult {
    this.#begin(batch);
    const answers = batch.map((command) => obey(this.#verbs, command));
    this.#sql.commit.run();
    return { kind: "done", answers, refusals: [] };
  }

  /** What only reads waits for no other program. */
  #begin(batch: readonly Command[]): void {
    if (isReading(batch)) this.#sql.beginReading.run();
    else this.#sql.begin.run();
  }

  /** Each command has a savepoint of its own, so that one that breaks a constraint does not take the others with it. */
  #apart(batch: readonly Command[]): BatchResult {
    const refusals: Refusal[] = [];
    this.#sql.begin.run();
    const answers = batch.map((command, at) => this.#inSavepoint(at, command, refusals));
    this.#sql.commit.run();
    return { kind: "done", answers, refusals };
  }

  #inSavepoint(at: number, command: Command, refusals: Refusal[]): unknown {
    this.#sql.savepoint.run();
    try {
      const answer = obey(this.#verbs, command);
      this.#sql.release.run();
      return answer;
    } catch (error) {
      if (faultOf(error) !== "refused") throw error;
      this.#sql.rollbackToSavepoint.run();
      this.#sql.release.run();
      this.#forget();
      refusals.push({ at, reason: String(error) });
      return null;
    }
  }

  /** Giving pages back ends with a checkpoint, which has no place inside a transaction. */
  #alone(command: Command): BatchResult {
    return { kind: "done", answers: [obey(this.#verbs, command)], refusals: [] };
  }

  #fatalIfRefused(act: () => BatchResult): BatchResult {
    const result = this.#trying(act);
    return result.kind === "refused" ? { kind: "fatal", reason: result.reason } : result;
  }

  #trying(act: () => BatchResult): BatchResult | Undone {
    try {
      return act();
    } catch (error) {
      return this.#undo(error);
    }
  }

  /** SQLite has rolled back by itself after some errors, and not after others. */
  #undo(error: unknown): Undone {
    this.#forget();
    try {
      if (this.#db.inTransaction) this.#sql.rollback.run();
    } catch (second) {
      return { kind: "fatal", reason: `${String(error)}; then ${String(second)}` };
    }
    const [kind, reason] = [faultOf(error), String(error)];
    return kind === "refused" ? { kind, reason } : { kind, reason };
  }

  /** What is remembered beside the tables may be of a write that did not happen. */
  #forget(): void {
    this.#subscribers.forgetAll();
    this.#standings.forgetAll();
  }
}

function doersOf(db: Database, subscribers: Subscribers, standings: Standings): Doers<WriteVerbs> {
  const audit = new AuditTable(db);
  const webhooks = new WebhookTable(db, audit);
  const facts = new FactTable(db);
  const rowKeys = new RowKeys(db, facts);
  const deliveries = new DeliveryTable(db, rowKeys);
  const ingest = new Ingest({ subscribers, webhooks, events: new EventTable(db), deliveries, keys: rowKeys });
  const settle = new Settle({ subscribers, standings, webhooks, deliveries, attempts: new AttemptTable(db) });
  const resend = new Resend(db, deliveries);
  const recovery = new Recovery(db, deliveries, new Lanes(db));
  const keys = new KeyTable(db, audit);
  const tidy = new Tidy(db, deliveries, rowKeys, audit);
  const space = new Space(db);
  const forget = (tenant: string) => {
    subscribers.forget(tenant);
    standings.forgetAll();
  };
  return {
    createWebhook(webhook) {
      forget(webhook.tenant);
      return webhooks.create(webhook);
    },
    updateWebhook(update) {
      forget(update.tenant);
      return webhooks.update(update);
    },
    deleteWebhook(deed) {
      forget(deed.tenant);
      return webhooks.remove(deed);
    },
    readSecret: (deed) => webhooks.readSecret(deed),
    ingest: (event) => ingest.accept(event),
    ingestTest: (test) => ingest.acceptTest(test),
    resend: (one) => resend.one(one),
    resendFailed: (chunk) => resend.failed(chunk),
    recover: (now) => recovery.run(now),
    seek: (seek) => deliveries.pending(seek),
    claim: (claim) => ({
      rows: claim.keys.map((key) => deliveries.claimable(key)).filter((row) => row !== null),
      webhooks: claim.webhooks.map((key) => webhooks.byKey(key)).filter((webhook) => webhook !== null),
    }),
    countPending: () => deliveries.countPending(),
    settle: (outcome) => settle.conclude(outcome),
    release: (interruption) => settle.interrupted(interruption),
    createKey: (key) => keys.create(key),
    deleteKey: (removal) => keys.remove(removal),
    findKey: (hash) => keys.find(hash),
    createSession: (session) => keys.createSession(session),
    findSession: (hash) => keys.findSession(hash),
    deleteSession: (hash) => keys.removeSession(hash),
    tidy: (options) => tidy.run(options),
    reclaim: (maxPages) => space.reclaim(maxPages),
    findFact: (name) => facts.get(name),
    keepFact: ({ name, value }) => facts.set(name, value),
  };
}

function prepare(db: Database) {
  return {
    begin: db.query("BEGIN IMMEDIATE"),
    beginReading: db.query("BEGIN"),
    commit: db.query("COMMIT"),
    rollback: db.query("ROLLBACK"),
    savepoint: db.query("SAVEPOINT command"),
    rollbackToSavepoint: db.query("ROLLBACK TO command"),
    release: db.query("RELEASE command"),
  };
}
