import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatId } from "../../domain/ids.ts";
import { RESEAL_CHUNK } from "../../limits.ts";
import type { Millis } from "../../world.ts";
import { StoreOpenError } from "../contract.ts";
import { recordOperation } from "./audit.ts";
import { closeWriting, DATABASE_FILE, emptyLog, openWriting, RESTORING_FILE } from "./connection.ts";
import { FactTable } from "./facts.ts";
import { openErrorOf } from "./fault.ts";
import type { Sealer } from "./front/sealer.ts";
import { WebhookSeal } from "./front/webhook-seal.ts";
import { assertOpens, KEY_CHECK, sealedCheck, sealedWith } from "./key-check.ts";
import { isLockMissed, lockDirectory } from "./lock.ts";

/** It may have taken the log away, which the database then gets back: that must not meet one that was written to since. */
const RESTORE_FIRST = "A restore was cut off here: restore again, or start Posthorn once, and then change the key.";

const START_FIRST =
  "posthorn.lock is gone, so a server may be running here: stop it, start Posthorn once, stop it again, and then change the key.";

/** The change of the key that seals a database; the data directory is held meanwhile, so no server runs. */
export class Rotation implements Disposable {
  /** The id of the key that sealed the database when this began. */
  readonly keyId: string;
  readonly #path: string;
  readonly #unlock: () => void;

  /** @throws StoreOpenError when a server runs, or there is no database in which anything is sealed */
  constructor(dataDir: string) {
    this.#path = join(dataDir, DATABASE_FILE);
    if (!existsSync(this.#path)) throw nothingSealed(dataDir);
    if (isLockMissed(dataDir)) throw new StoreOpenError(START_FIRST);
    this.#unlock = lockDirectory(dataDir);
    try {
      if (existsSync(join(dataDir, RESTORING_FILE))) throw new StoreOpenError(RESTORE_FIRST);
      this.keyId = sealedWith(this.#path) ?? this.#sealedWithOnceMended() ?? refuse(dataDir);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /**
   * Seals everything anew, and notes that in the audit log; all of it is on the disk when this returns. When it throws, nothing
   * has changed.
   *
   * @returns how many webhooks there are, deleted ones included
   * @throws StoreOpenError
   */
  reseal(from: Sealer, to: Sealer, now: Millis): number {
    return this.#writing((db) => {
      db.run("PRAGMA secure_delete = ON");
      const run = db.transaction(() => {
        recordOperation(db, "secret_key.rotated", now);
        return sealAnew(db, from, to);
      });
      return run.immediate();
    });
  }

  /**
   * Writes the database anew, so that nothing of what was sealed before is left in a free part of it or in its log.
   *
   * @returns whether that could be done: it needs twice the room that the database takes, and that nobody reads it meanwhile
   */
  scrub(): boolean {
    try {
      return this.#writing((db) => {
        db.run("VACUUM");
        return emptyLog(db);
      });
    } catch {
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#unlock();
  }

  /** @throws StoreOpenError that tells what is wrong with the database */
  #sealedWithOnceMended(): string | null {
    closeWriting(openWriting(this.#path));
    return sealedWith(this.#path);
  }

  #writing<Result>(use: (db: Database) => Result): Result {
    const db = openWriting(this.#path);
    try {
      return use(db);
    } catch (error) {
      throw openErrorOf(error, this.#path);
    } finally {
      closeWriting(db);
    }
  }
}

function refuse(dataDir: string): never {
  throw nothingSealed(dataDir);
}

function nothingSealed(dataDir: string): StoreOpenError {
  return new StoreOpenError(
    `There is no database in ${dataDir} whose key could be changed: set POSTHORN_DATA_DIR to the directory that the server uses.`,
  );
}

/**
 * Seals everything in the database anew, in a transaction of the caller's.
 *
 * @returns how many webhooks there are, deleted ones included
 * @throws StoreOpenError when `from` is not its key, Error when one value is sealed otherwise
 */
export function sealAnew(db: Database, from: Sealer, to: Sealer): number {
  const facts = new FactTable(db);
  assertOpens(from, facts.get(KEY_CHECK) ?? "");
  facts.set(KEY_CHECK, sealedCheck(to));
  return moveWebhooks(db, new WebhookSeal(from), new WebhookSeal(to));
}

interface Row {
  readonly key: number;
  readonly id: Uint8Array;
  readonly secrets: string;
  readonly headers: string;
}

function moveWebhooks(db: Database, from: WebhookSeal, to: WebhookSeal): number {
  const some = db.query<Row, [number]>(
    `SELECT seq AS key, id, secrets, headers FROM webhooks WHERE seq > ? ORDER BY seq LIMIT ${RESEAL_CHUNK}`,
  );
  const write = db.query<never, [string, string, number]>("UPDATE webhooks SET secrets = ?, headers = ? WHERE seq = ?");
  let moved = 0;
  let last = 0;
  for (let rows = some.all(last); rows.length > 0; rows = some.all(last)) {
    for (const { key, id, ...sealed } of rows) {
      const { secrets, headers } = from.moveTo(to, { id: formatId("webhook", id), ...sealed });
      write.run(secrets, headers, key);
      last = key;
    }
    moved += rows.length;
  }
  return moved;
}
