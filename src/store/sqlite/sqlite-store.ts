import type { Clock, Random } from "../../world.ts";
import type { Store } from "../contract.ts";
import { Arrivals } from "./front/arrivals.ts";
import { auditVerbs } from "./front/audit-verbs.ts";
import { Backlog } from "./front/backlog.ts";
import { claimVerbs } from "./front/claim-verbs.ts";
import { Credentials } from "./front/credentials.ts";
import { eventVerbs } from "./front/event-verbs.ts";
import type { FrontParts } from "./front/front-parts.ts";
import { keyVerbs } from "./front/key-verbs.ts";
import { Leases } from "./front/leases.ts";
import { logVerbs } from "./front/log-verbs.ts";
import { type ReaderLink, ReadQueue } from "./front/read-queue.ts";
import { Sealer } from "./front/sealer.ts";
import { upkeepVerbs } from "./front/upkeep-verbs.ts";
import { WebhookMemory } from "./front/webhook-memory.ts";
import { WebhookSeal } from "./front/webhook-seal.ts";
import { webhookVerbs } from "./front/webhook-verbs.ts";
import { WriteQueue, type WriterLink } from "./front/write-queue.ts";
import { assertOpens, KEY_CHECK, sealedCheck } from "./key-check.ts";

export interface SqliteStoreParts {
  readonly writer: WriterLink;
  readonly reader: ReaderLink;
  /** A new reader in place of one that was cut off. */
  readonly newReader: () => ReaderLink;
  readonly secretKey: Uint8Array;
  readonly random: Pick<Random, "bytes">;
  readonly clock: Pick<Clock, "after">;
  readonly onFatal: (error: Error) => void;
  /** Told when another program begins to keep writes from being done, and when it does so no more. */
  readonly onBusy?: (isBusy: boolean) => void;
  /** Begins to look after the files; told with the reason when they are not ours any more. */
  readonly watch?: (onLost: (reason: string) => void) => void;
  /** Gives the data directory free, at the very end. */
  readonly unlock: () => void;
}

/**
 * The store's front on the main thread: it keeps the leases and what is asked for most, seals and opens secrets, and leaves the
 * rest to one connection that writes and one that reads.
 *
 * @throws StoreOpenError when the database was sealed with another key
 */
export async function createSqliteStore(parts: SqliteStoreParts): Promise<Store> {
  const { writer, reader, newReader, clock, onFatal, onBusy = () => {} } = parts;
  const sealer = new Sealer(parts.secretKey, parts.random);
  const seal = new WebhookSeal(sealer);
  const writes = new WriteQueue({ link: writer, clock, onFatal, onBusy });
  const reads = new ReadQueue({ link: reader, newLink: newReader, clock, onFatal: (reason) => writes.fail(reason) });
  try {
    await checkKey(writes, sealer);
  } catch (error) {
    await Promise.all([writes.drain(), reads.close()]);
    await writes.close();
    throw error;
  }
  parts.watch?.((reason) => writes.fail(reason));
  const front: FrontParts = {
    ...{ writes, reads, seal },
    webhooks: new WebhookMemory(seal),
    leases: new Leases(),
    arrivals: new Arrivals(),
    credentials: new Credentials(),
    backlog: new Backlog(),
  };
  return {
    ...webhookVerbs(front),
    ...eventVerbs(front),
    ...logVerbs(front),
    ...claimVerbs(front),
    ...keyVerbs(front),
    ...auditVerbs(front),
    ...upkeepVerbs(front, parts.unlock),
  };
}

/** A value sealed at the first start tells whether the key is still the same one, before a secret is needed. */
async function checkKey(writes: WriteQueue, sealer: Sealer): Promise<void> {
  const check = await writes.write({ verb: "findFact", argument: KEY_CHECK }, (value) => value);
  if (check !== null) return assertOpens(sealer, check);
  await writes.write({ verb: "keepFact", argument: { name: KEY_CHECK, value: sealedCheck(sealer) } }, () => {});
}
