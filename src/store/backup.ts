import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { BackupError, backupErrorOf } from "./backup-error.ts";
import { isErrno, syncFile } from "./durable-files.ts";
import { PartialBackup } from "./partial-backup.ts";
import { DATABASE_FILE } from "./sqlite/connection.ts";
import { refuseUnfitFiles } from "./sqlite/fit-files.ts";
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

/**
 * Copies the database of the data directory, as it is at one moment, into a new file that only its owner can read. A Posthorn may
 * be running on it meanwhile, or not. The copy was read back in full, and is on the disk, before it gets its name.
 *
 * @param onBegun told when something of it lies on the disk
 * @throws BackupError, or StoreOpenError of the database, when there is no such copy; then nothing of it is left
 */
export function backUp({ dataDir, file }: BackupRequest, onBegun: () => void = () => {}): Backup {
  const source = join(resolve(dataDir), DATABASE_FILE);
  const path = resolve(file);
  refuseMissing(source);
  refuseUnfitFiles(source);
  refuseExisting(path);
  refuseOwnName(path, dirname(source));
  using partial = new PartialBackup(path);
  onBegun();
  try {
    copySnapshot(source, partial.path);
    syncFile(partial.path);
    const inspection = inspect(partial.path);
    if (!inspection.isSound) throw new BackupError(`${source} cannot be backed up: its copy ${inspection.flaw}.`);
    partial.complete();
    return { path, bytes: statSync(path).size, contents: inspection.contents };
  } catch (error) {
    if (isErrno(error, "EEXIST")) throw new BackupError(existsSentence(path), { cause: error });
    throw backupErrorOf(error, path);
  }
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
