import { closeSync, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { BackupError, backupErrorOf } from "./backup-error.ts";
import { isErrno, removeFiles, renameToNew, syncFile } from "./durable-files.ts";
import { DATABASE_FILE } from "./sqlite/connection.ts";
import { type Contents, inspect } from "./sqlite/inspection.ts";
import { copySnapshot } from "./sqlite/snapshot.ts";

export interface Backup {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly contents: Contents;
}

export interface BackupRequest {
  readonly dataDir: string;
  readonly file: string;
}

const OWNER_ONLY = 0o600;

/**
 * Copies the database of the data directory, as it is at one moment, into a new file that only its owner can read. A Posthorn may
 * be running on it meanwhile, or not. The copy was read back in full, and is on the disk, before it gets its name.
 *
 * @throws BackupError when there is no such copy; then nothing of it is left
 */
export function backUp({ dataDir, file }: BackupRequest): Backup {
  const source = join(resolve(dataDir), DATABASE_FILE);
  const path = resolve(file);
  refuseMissing(source);
  refuseExisting(path);
  refuseOwnName(path, dirname(source));
  const partial = partialOf(path);
  makeEmpty(partial);
  try {
    copySnapshot(source, partial);
    syncFile(partial);
    const inspection = inspect(partial);
    if (!inspection.isSound) throw new BackupError(`${source} cannot be backed up: its copy ${inspection.flaw}.`);
    renameToNew(partial, path);
    return { path, bytes: statSync(path).size, contents: inspection.contents };
  } catch (error) {
    if (isErrno(error, "EEXIST")) throw new BackupError(existsSentence(path), { cause: error });
    throw backupErrorOf(error, path);
  } finally {
    removePartial(path);
  }
}

/** Takes away what a backup into this file has written that did not come to its end. */
export function removePartial(file: string): void {
  const partial = partialOf(resolve(file));
  removeFiles(partial, `${partial}-journal`);
}

function partialOf(path: string): string {
  return `${path}.partial`;
}

function refuseMissing(source: string): void {
  if (existsSync(source)) return;
  throw new BackupError(
    `There is no database at ${source}, or none that this user may read: set POSTHORN_DATA_DIR to its directory.`,
  );
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new BackupError(existsSentence(path));
}

function existsSentence(path: string): string {
  return `${path} exists already, and a backup never overwrites: give another name, such as one with the date.`;
}

/** Names that Posthorn or SQLite would take for a part of the database that is in use. */
const OWN_NAMES = ["posthorn.db", "posthorn.lock", "secret.key", "admin.key"];

function refuseOwnName(path: string, dataDir: string): void {
  const isInDataDir = existsSync(dirname(path)) && realpathSync(dirname(path)) === realpathSync(dataDir);
  if (!isInDataDir || !OWN_NAMES.some((name) => basename(path).startsWith(name))) return;
  throw new BackupError(
    `${path} is a name that Posthorn uses itself: give the backup another one, best on another disk.`,
  );
}

/** The file is made here, so that it is nobody else's to read from its first byte on. */
function makeEmpty(partial: string): void {
  try {
    closeSync(openSync(partial, "wx", OWNER_ONLY));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw backupErrorOf(error, partial);
    throw new BackupError(
      `${partial} is there: another backup is being made, or one was killed; remove it if none is.`,
    );
  }
}
