import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Millis, Random } from "../world.ts";
import { BackupError, backupErrorOf } from "./backup-error.ts";
import { BackupFile } from "./backup-file.ts";
import { StoreOpenError } from "./contract.ts";
import { makeDirectory, syncFile } from "./durable-files.ts";
import { clearUpRestore, Replacement } from "./replacement.ts";
import { BackupSeal, type KeyChange, type KeysAtHand } from "./sqlite/backup-seal.ts";
import { closeWriting, DATABASE_FILE, emptyLog, openWriting, RESTORING_FILE } from "./sqlite/connection.ts";
import { faultOf } from "./sqlite/fault.ts";
import { gather } from "./sqlite/gathering.ts";
import { type Contents, inspect } from "./sqlite/inspection.ts";
import { sealedWith } from "./sqlite/key-check.ts";
import { lockDirectory } from "./sqlite/lock.ts";
import { type Revival, settleRevived } from "./sqlite/revival.ts";

export interface RestoreRequest {
  readonly dataDir: string;
  /** The backup. It is only read. */
  readonly file: string;
  /** Called when that is open, and before anything in the data directory is looked at. */
  readonly enter: () => void;
  readonly keys: KeysAtHand;
  readonly random: Pick<Random, "bytes">;
  readonly now: Millis;
}

export interface Restored {
  /** Of the database, absolute. */
  readonly path: string;
  /** What the backup holds. */
  readonly contents: Contents;
  readonly revival: Revival;
  /** Null: it is sealed with the current key as it is, or nothing is. */
  readonly keyChange: KeyChange | null;
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
  const unlock = lockMade(dataDir);
  try {
    clearUpRestore(dataDir);
    return yield* replace(backup, dataDir, request);
  } catch (error) {
    throw backupErrorOf(error, join(dataDir, DATABASE_FILE));
  } finally {
    clearUpIfPossible(dataDir);
    unlock();
  }
}

function* replace(backup: BackupFile, dataDir: string, request: RestoreRequest): Generator<string, Restored, void> {
  const files = new Replacement(dataDir, request.now);
  yield `Copying ${backup.path}.`;
  backup.copyTo(files.ready);
  yield "Checking the copy.";
  const contents = checkedContents(backup.path, files.ready);
  const seal = BackupSeal.of(backup.path, files.ready, request.keys, request.random);
  yield "Checking the database that is in place.";
  const replacedKeyId = sealedWith(files.current);
  const found = existsSync(files.current) ? gather(files.current) : null;
  if (found === "busy") throw inUse(files.current);
  yield "Cancelling what may have been delivered since.";
  const replaced = found === "gathered" ? { path: files.current, keyId: replacedKeyId } : null;
  const settled = settle(files.ready, seal, replaced, request);
  yield "Keeping the database that is in place.";
  files.keepDatabase();
  yield "Keeping its log.";
  files.keepLog();
  yield "Taking its log away.";
  files.takeLogAway();
  yield "Putting the backup in its place.";
  files.putInPlace();
  const keptPath = found === null ? null : files.kept;
  return { path: files.current, contents, ...settled, keptPath, wasDamaged: found === "damaged" };
}

/** The lock would make the directory too, but a loss of power could take that away. */
function lockMade(dataDir: string): () => void {
  try {
    makeDirectory(dataDir);
  } catch (error) {
    throw backupErrorOf(error, dataDir);
  }
  return lockDirectory(dataDir);
}

function inUse(path: string): BackupError {
  return new BackupError(`${path} is in use by another program: close that one first.`);
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

/** A sound database that nobody else has open. */
interface Replaced {
  readonly path: string;
  readonly keyId: string | null;
}

/**
 * Makes the copy ready: of today's schema, sealed with the current key, with nothing in it that would be sent twice, and on the
 * disk.
 */
function settle(
  ready: string,
  seal: BackupSeal | null,
  replaced: Replaced | null,
  { file, keys, random, now }: RestoreRequest,
): Pick<Restored, "keyChange" | "revival"> {
  const db = openReady(ready, resolve(file));
  try {
    const keyChange = seal?.renew(db, replaced?.keyId ?? null, keys, random) ?? null;
    const revival = settleRevived(db, replaced?.path ?? null, now);
    // The file is put in place without a log.
    if (!emptyLog(db)) throw inUse(ready);
    return { keyChange, revival };
  } finally {
    closeWriting(db);
    syncFile(ready);
  }
}

/** Nobody has heard of the copy: what is wrong with it is told of the file, and a full disk of the database. */
function openReady(ready: string, file: string): ReturnType<typeof openWriting> {
  try {
    return openWriting(ready);
  } catch (error) {
    const cause = error instanceof StoreOpenError ? error.cause : error;
    if (faultOf(cause) === "full") throw cause;
    throw new BackupError(`Nothing was restored: ${file} cannot be brought up to date (${String(cause)}).`, { cause });
  }
}

/** What went wrong before is what is told: the next start clears up too. */
function clearUpIfPossible(dataDir: string): void {
  try {
    clearUpRestore(dataDir);
  } catch {
    return;
  }
}
