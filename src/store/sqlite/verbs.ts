/** The words that the front speaks with the writer and the reader. Every argument and every answer is data that JSON can carry. */
import type { AuditEntry } from "../../domain/audit.ts";
import type { Millis } from "../../world.ts";
import type {
  EventDetail,
  Key,
  LaneStart,
  NewEvent,
  Page,
  ReadyDelivery,
  Seek,
  Session,
  StoreStats,
  WebhookKey,
} from "../contract.ts";
import type { FlatAttempt } from "./attempts.ts";
import type { AuditList } from "./audit-page.ts";
import type { ClaimRow, DueRow } from "./deliveries.ts";
import type { EventList } from "./events.ts";
import type { IngestReply, TestEvent, TestReply } from "./ingest.ts";
import type { FoundSession, KeyCreation, KeyList, KeyRemoval, KeyRemoved } from "./keys.ts";
import type { LogList } from "./log-page.ts";
import type { LogRow } from "./logs.ts";
import type { ResendChunk, ResendOne, ResentChunk } from "./resend.ts";
import type { Interruption, Outcome, SettleReply } from "./settle.ts";
import type { Tidied } from "./tidy.ts";
import type { TidyOptions } from "./tidy-chunk.ts";
import type { SealedWebhook, WebhookCreation, WebhookDeed, WebhookList, WebhookUpdate } from "./webhooks.ts";

interface Named {
  readonly tenant: string;
  readonly id: string;
}

interface LoggedDelivery {
  readonly webhook: WebhookKey;
  readonly deliveryId: string;
}

interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Claim {
  readonly keys: readonly number[];
  readonly webhooks: readonly WebhookKey[];
}

export interface Claimed {
  readonly rows: readonly ClaimRow[];
  readonly webhooks: readonly SealedWebhook[];
}

/** Run in order, on the one connection that writes. Reads are among them where an answer has to fit between two writes. */
export interface WriteVerbs {
  createWebhook(creation: WebhookCreation): SealedWebhook | null;
  updateWebhook(update: WebhookUpdate): SealedWebhook | null;
  deleteWebhook(deed: WebhookDeed): SealedWebhook | null;
  readSecret(deed: WebhookDeed): SealedWebhook | null;
  ingest(event: NewEvent): IngestReply;
  ingestTest(test: TestEvent): TestReply | null;
  resend(resend: ResendOne): ReadyDelivery | null;
  resendFailed(chunk: ResendChunk): ResentChunk;
  recover(now: number): readonly LaneStart[];
  seek(seek: Seek): readonly DueRow[];
  claim(claim: Claim): Claimed;
  countPending(all: null): number;
  settle(outcome: Outcome): SettleReply;
  release(interruption: Interruption): void;
  createKey(creation: KeyCreation): Key | null;
  deleteKey(removal: KeyRemoval): KeyRemoved;
  findKey(hash: string): Key | null;
  /** The hashes of those that ended. */
  createSession(session: Session): readonly string[];
  findSession(hash: string): FoundSession | null;
  deleteSession(hash: string): void;
  tidy(options: TidyOptions): Tidied;
  reclaim(maxPages: number): { readonly pages: number; readonly more: boolean };
  findFact(name: string): string | null;
  keepFact(fact: Fact): void;
}

/** Run beside the writes, each in a read transaction of its own. */
export interface ReadVerbs {
  findWebhook(webhook: Named): SealedWebhook | null;
  listWebhooks(list: WebhookList): Page<SealedWebhook>;
  listEvents(list: EventList): Page<Omit<EventDetail, "body" | "log">>;
  findEvent(event: Named): (Omit<EventDetail, "log"> & { readonly log: readonly LogRow[] }) | null;
  listLog(list: LogList): Page<LogRow>;
  findLog(log: LoggedDelivery): FoundLog | null;
  findLogEntry(log: LoggedDelivery): LogRow | null;
  lanes(all: null): readonly LaneStart[];
  listKeys(list: KeyList): Page<Key>;
  listAudit(list: AuditList): Page<AuditEntry>;
  isAdministered(now: Millis): boolean;
  stats(all: null): StoreStats;
}

export interface FoundLog {
  readonly row: LogRow;
  readonly body: string;
  readonly attempts: readonly FlatAttempt[];
}

/** A verb's argument and answer, and a verb on its way with its argument. */
export type Argument<Verbs, Verb extends keyof Verbs> = Verbs[Verb] extends (argument: infer A) => unknown ? A : never;
export type Answer<Verbs, Verb extends keyof Verbs> = Verbs[Verb] extends (argument: never) => infer R ? R : never;
export type Sentence<Verbs, Verb extends keyof Verbs = keyof Verbs> = {
  [V in Verb]: { readonly verb: V; readonly argument: Argument<Verbs, V> };
}[Verb];
/** Every verb with what it does. */
export type Doers<Verbs> = { [V in keyof Verbs]: (argument: Argument<Verbs, V>) => Answer<Verbs, V> };

export type Command = Sentence<WriteVerbs>;
export type Question = Sentence<ReadVerbs>;

/** Does what a sentence says. */
export function obey<Verbs, Verb extends keyof Verbs>(
  doers: Doers<Verbs>,
  { verb, argument }: Sentence<Verbs, Verb>,
): Answer<Verbs, Verb> {
  return doers[verb](argument);
}
