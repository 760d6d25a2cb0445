import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Millis, Random } from "../world.ts";
import { BackupError, backupErrorOf } from "./backup-error.ts";
import { BackupFile } from "./backup-file.ts";
import { removeFiles, syncFile } from "./durable-files.ts";
import { clearUpRestore, Replacement } from "./replacement.ts";
import { closeWriting, DATABASE_FILE, openWriting, RESTORING_FILE } from "./sqlite/connection.ts";
import { FactTable } from "./sqlite/facts.ts";
import { Sealer } from "./sqlite/front/sealer.ts";
import { gather } from "./sqlite/gathering.ts";
import { type Contents, inspect } from "./sqlite/inspection.ts";
import { assertOpens, KEY_CHECK, sealedWith } from "./sqlite/key-check.ts";
import { lockDirectory } from "./sqlite/lock.ts";
import { type Revival, settleRevived } from "./sqlite/revival.ts";

export interface RestoreRequest {
  readonly dataDir: string;
  /** The backup. It is only read. */
  readonly file: string;
  /** Called when that is open, and before anything in the data directory is looked at. */
  readonly enter: () => void;
  /** The sealing key with this id; null when it is not at hand. */
  readonly findKey: (keyId: string) => Uint8Array | null;
  readonly random: Pick<Random, "bytes">;
  readonly now: Millis;
}

export interface Restored {
  /** Of the database, absolute. */
  readonly path: string;
  /** What the backup holds. */
  readonly contents: Contents;
  readonly revival: Revival;
  /** Where the database is now that was in place; null: there was none. */
  readonly keptPath: string | null;
  /** That one was damaged, and is kept as it was. */
  readonly wasDamaged: boolean;
}

/**
 * Puts a backup in the place of the data directory's database, which is kept. Wherever it is cut off, one of the two is in place
 * in full. Each step is told by a sentence before it is done.
 *
 * @throws BackupError or StoreOpenError; then the old database is in place
 */
export function* restoring(request: RestoreRequest): Generator<string, Restored, void> {
  const dataDir = resolve(request.dataDir);
  using backup = new BackupFile(resolve(request.file));
  request.enter();
  refuseInUse(backup, dataDir);
  const unlock = lockDirectory(dataDir);
  try {
    clearUpRestore(dataDir);
    return yield* replace(backup, dataDir, request);
  } catch (error) {
    throw backupErrorOf(error, join(dataDir, DATABASE_FILE));
  } finally {
    clearUpRestore(dataDir);
    unlock();
  }
}

function* replace(backup: BackupFile, dataDir: string, request: RestoreRequest): Generator<string, Restored, void> {
  const files = new Replacement(dataDir, request.now);
  yield `Copying ${backup.path}.`;
  backup.copyTo(files.ready);
  yield "Checking the copy.";
  const contents = checkedContents(backup.path, files.ready);
  const sealer = fittingSealer(backup.path, files.ready, request);
  yield "Checking the database that is in place.";
  const found = existsSync(files.current) ? gather(files.current) : null;
  if (found === "busy") throw new BackupError(`${files.current} is in use by another program: close that one first.`);
  yield "Cancelling what may have been delivered since.";
  const revival = settle(files.ready, {
    sealer,
    replaced: found === "gathered" ? files.current : null,
    now: request.now,
  });
  yield "Keeping the database that is in place.";
  files.keepDatabase();
  yield "Keeping its log.";
  files.keepLog();
  yield "Taking its log away.";
  files.takeLogAway();
  yield "Putting the backup in its place.";
  files.putInPlace();
  const keptPath = found === null ? null : files.kept;
  return { path: files.current, contents, revival, keptPath, wasDamaged: found === "damaged" };
}

function refuseInUse(backup: BackupFile, dataDir: string): void {
  const isInUse = [DATABASE_FILE, RESTORING_FILE].some((name) => backup.isAlso(join(dataDir, name)));
  if (isInUse) throw new BackupError(`${backup.path} is no backup, but what is in use or left over.`);
}

/** What is checked is the copy, so that it is certain that nothing else is used. */
function checkedContents(file: string, copy: string): Contents {
  const inspection = inspect(copy);
  if (inspection.isSound) return inspection.contents;
  throw new BackupError(`Nothing was restored: ${file} ${inspection.flaw}.`);
}

/** Null: nothing is sealed in it. */
function fittingSealer(file: string, copy: string, { findKey, random }: RestoreRequest): Sealer | null {
  const keyId = sealedWith(copy);
  if (keyId === null) return null;
  const key = findKey(keyId);
  if (key !== null) return new Sealer(key, random);
  throw new BackupError(
    `${file} was sealed with the key of the id ${keyId}, which is not at hand: set POSTHORN_SECRET_KEY to it, or put its file back as secret.key in the data directory.`,
  );
}

interface Settling {
  readonly sealer: Sealer | null;
  readonly replaced: string | null;
  readonly now: Millis;
}

/** Makes the copy ready: of today's schema, with nothing in it that would be sent twice, and on the disk. */
function settle(ready: string, { sealer, replaced, now }: Settling): Revival {
  const db = openWriting(ready);
  try {
    if (sealer !== null) assertOpens(sealer, new FactTable(db).get(KEY_CHECK) ?? "");
    return settleRevived(db, replaced, now);
  } finally {
    closeWriting(db);
    removeFiles(`${ready}-wal`, `${ready}-shm`);
    syncFile(ready);
  }
}
