import { closeSync, lstatSync, openSync } from "node:fs";
import { BackupError, backupErrorOf } from "./backup-error.ts";
import { isErrno, removeFiles, renameToNew } from "./durable-files.ts";
import { identityOfName } from "./file-identity.ts";
import { faultOf } from "./sqlite/fault.ts";
import { lockFile } from "./sqlite/file-lock.ts";

const OWNER_ONLY = 0o600;

/**
 * What a backup into `FILE` writes until it is complete: `FILE.partial`. As long as `FILE.partial-lock` is locked, a backup is under
 * way; when it is there and is not, one was killed, and the next one takes away what is left of it.
 */
export class PartialBackup implements Disposable {
  readonly path: string;
  readonly #file: string;
  readonly #unlock: () => void;

  /** Makes it, empty. @param file absolute @throws BackupError when that cannot be, or when another backup into it is under way */
  constructor(file: string) {
    this.path = partialOf(file);
    this.#file = file;
    const { unlock, isLeft } = lock(file);
    this.#unlock = unlock;
    try {
      if (isLeft) removeCopy(file);
      this.#makeEmpty();
    } catch (error) {
      // What is left stays known for what it is.
      if (!isLeft) removeFiles(lockOf(file));
      unlock();
      throw backupErrorOf(error, this.path);
    }
  }

  /** Gives it the file's name. @throws with the code EEXIST when there is such a file */
  complete(): void {
    renameToNew(this.path, this.#file);
  }

  /** Nothing of it is left, but under the file's name. What cannot be taken away now is left to the next one. */
  [Symbol.dispose](): void {
    try {
      removePartial(this.#file);
    } catch {
      return;
    } finally {
      this.#unlock();
    }
  }

  /** It is made here, so that it is nobody else's to read from its first byte on. */
  #makeEmpty(): void {
    if (makeNew(this.path, this.#file)) return;
    throw new BackupError(
      `${this.path} is there: another backup is being made, or one was killed; remove it if none is.`,
    );
  }
}

/** Takes away what a backup into this file has written that did not come to its end. @param file absolute */
export function removePartial(file: string): void {
  removeCopy(file);
  // The last one, so that whatever is cut off is found by it.
  removeFiles(lockOf(file));
}

function removeCopy(file: string): void {
  removeFiles(partialOf(file), `${partialOf(file)}-journal`);
}

function partialOf(file: string): string {
  return `${file}.partial`;
}

function lockOf(file: string): string {
  return `${file}.partial-lock`;
}

/** `isLeft`: it was there, and nobody held it. */
function lock(file: string): { readonly unlock: () => void; readonly isLeft: boolean } {
  const path = lockOf(file);
  const isLeft = !makeNew(path, file);
  const identity = identityOfName(path);
  if (identity === null) throw isUnfit(path) ? unfit(path) : underWay(file);
  const unlock = held(path, file);
  // Whoever had it may have ended just now, and taken it away: then the name is another's.
  if (identityOfName(path) === identity) return { unlock, isLeft };
  unlock();
  throw underWay(file);
}

function held(path: string, file: string): () => void {
  try {
    return lockFile(path);
  } catch (error) {
    throw faultOf(error) === "busy" ? underWay(file) : backupErrorOf(error, path);
  }
}

function underWay(file: string): BackupError {
  return new BackupError(`Another backup into ${file} is being made: wait for its end, or give another name.`);
}

/** Nobody holds it, so that whoever waited for its end would wait for ever. */
function unfit(path: string): BackupError {
  return new BackupError(`${path} is no regular file: move it away, or give the backup another name.`);
}

function isUnfit(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

/** False: there is such a file. @throws BackupError that speaks of `file`, for which it is */
function makeNew(path: string, file: string): boolean {
  try {
    closeSync(openSync(path, "wx", OWNER_ONLY));
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw backupErrorOf(error, file);
  }
}
