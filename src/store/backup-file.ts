import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { RESTORE_CHUNK_BYTES } from "../limits.ts";
import { BackupError } from "./backup-error.ts";
import { isErrno } from "./durable-files.ts";
import { identityOf, identityOfOpen } from "./file-identity.ts";
import { APPLICATION_ID } from "./sqlite/connection.ts";

const OWNER_ONLY = 0o600;
/** Of SQLite's file format (https://sqlite.org/fileformat.html#the_database_header). */
const HEADER_BYTES = 100;
const APPLICATION_ID_AT = 68;

/** A backup that was opened once: whatever its name leads to later, and whoever this process is by then, what is read is this. */
export class BackupFile implements Disposable {
  readonly path: string;
  readonly #descriptor: number;

  /** @throws BackupError when it cannot be a backup */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = open(path);
    try {
      this.#refuseUnfit();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether the file at `path` is the very same. */
  isAlso(path: string): boolean {
    try {
      return identityOf(path) === identityOfOpen(this.#descriptor);
    } catch (cause) {
      if (isErrno(cause, "ENOTDIR")) return false;
      throw unreadable(path, cause);
    }
  }

  /** Copies it into a new file that only its owner can read. @throws Error of the system */
  copyTo(path: string): void {
    const target = openSync(path, "wx", OWNER_ONLY);
    try {
      const chunk = new Uint8Array(RESTORE_CHUNK_BYTES);
      for (let at = 0, bytes = this.#read(chunk, at); bytes > 0; bytes = this.#read(chunk, at)) {
        writeAll(target, chunk.subarray(0, bytes));
        at += bytes;
      }
    } finally {
      closeSync(target);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #refuseUnfit(): void {
    const { path } = this;
    if (!fstatSync(this.#descriptor).isFile()) throw noFile(path);
    // What root can read and is none of ours is not copied to where the directory's owner could read it.
    if (!this.#isOurs()) throw new BackupError(`Nothing was restored: ${path} is not a Posthorn database.`);
    if ((statOf(`${path}-wal`)?.size ?? 0) === 0) return;
    throw new BackupError(
      `${path} has a write-ahead log beside it, so the file alone is not the whole database: restore one that \`posthorn backup\` made.`,
    );
  }

  #isOurs(): boolean {
    const header = Buffer.alloc(HEADER_BYTES);
    if (this.#read(header, 0) < HEADER_BYTES) return false;
    return (
      header.toString("latin1").startsWith("SQLite format 3\0") &&
      header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
    );
  }

  #read(into: Uint8Array, at: number): number {
    return readSync(this.#descriptor, into, 0, into.length, at);
  }
}

/** A pipe that nobody writes to is not waited for. */
function open(path: string): number {
  if (statOf(path) === undefined) throw new BackupError(`${path} is not there.`);
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    // What a socket answers.
    throw isErrno(cause, "ENXIO") ? noFile(path) : unreadable(path, cause);
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (isErrno(cause, "ENOTDIR")) return undefined;
    throw unreadable(path, cause);
  }
}

function noFile(path: string): BackupError {
  return new BackupError(`${path} is no file.`);
}

function unreadable(path: string, cause: unknown): BackupError {
  return new BackupError(`${path} cannot be read by this user.`, { cause });
}

function writeAll(target: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(target, bytes, at, bytes.length - at);
}
