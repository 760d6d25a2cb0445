import { SQLiteError } from "bun:sqlite";
import { StoreOpenError } from "../contract.ts";

/**
 * What a failed statement means for what was being done.
 *
 * - `full`: no room on the disk; nothing is damaged, and it works again when there is room
 * - `busy`: another program holds the database; nothing is damaged, and it works again when that one lets go
 * - `refused`: a constraint spoke; only that one command is wrong
 * - `fatal`: nothing that comes after can be trusted
 */
export type Fault = Obstacle | "refused" | "fatal";

/** What passes without anybody doing anything to the database. */
export type Obstacle = "full" | "busy";

/** Primary result codes are the low byte of SQLite's extended ones (https://sqlite.org/rescode.html). */
const PRIMARY_MASK = 0xff;
const PERM = 3;
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const TOOBIG = 18;
const CONSTRAINT = 19;
const NOTADB = 26;
/**
 * The write-ahead log's index could not grow, before anything was written. Every other way to run out of room is FULL already,
 * but for a failed fsync, after which nobody knows what is on the disk.
 */
const IOERR_SHMSIZE = 4_874;

/** @param error whatever a statement threw */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof SQLiteError)) return "fatal";
  if (error.errno === IOERR_SHMSIZE) return "full";
  const primary = error.errno & PRIMARY_MASK;
  if (primary === FULL) return "full";
  if (primary === BUSY) return "busy";
  return primary === CONSTRAINT || primary === TOOBIG ? "refused" : "fatal";
}

/** Whether the database that was read is none, or is not sound any more. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof SQLiteError)) return false;
  const primary = error.errno & PRIMARY_MASK;
  return primary === CORRUPT || primary === NOTADB;
}

/** What went wrong at opening, as one sentence for the operator that names the fix. */
export function openErrorOf(error: unknown, path: string): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  return new StoreOpenError(`${path} ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  if (faultOf(error) === "full") return "cannot be written, because the disk is full: make room on it.";
  switch (error instanceof SQLiteError ? error.errno & PRIMARY_MASK : null) {
    case NOTADB:
      return "is not a Posthorn database: move it away, or set POSTHORN_DATA_DIR to another directory.";
    case PERM:
    case READONLY:
    case CANTOPEN:
      return "cannot be written: make its directory writable for this user, or set POSTHORN_DATA_DIR.";
    case BUSY:
      return "is in use by another program: close that one first.";
    default:
      return `cannot be opened (${String(error)}): check the disk, or restore a backup.`;
  }
}
