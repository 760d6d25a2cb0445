import { SQLiteError } from "bun:sqlite";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { StoreOpenError } from "../contract.ts";
import { DATABASE_FILE, makeForOwner } from "./connection.ts";
import { openErrorOf } from "./fault.ts";
import { lockFile } from "./file-lock.ts";
import { refuseUnfitFiles } from "./fit-files.ts";

export const LOCK_FILE = "posthorn.lock";
const OWNER_ONLY = 0o700;

/**
 * Makes the directory ours alone until the answer is called or the process ends, however it ends.
 *
 * @throws StoreOpenError when another one holds it, something else lies where its files have to be, or nothing can be written there
 */
export function lockDirectory(dataDir: string): () => void {
  const path = join(dataDir, LOCK_FILE);
  try {
    mkdirSync(dataDir, { recursive: true, mode: OWNER_ONLY });
    for (const name of [DATABASE_FILE, LOCK_FILE]) refuseUnfitFiles(join(dataDir, name));
    makeForOwner(path);
    return lockFile(path);
  } catch (error) {
    throw lockErrorOf(error, dataDir, path);
  }
}

/**
 * Whether there is no lock although the database may be in use: the index of its log is there as long as it is, and after a crash.
 * Whoever had the lock may still be running, and has not noticed yet.
 */
export function isLockMissed(dataDir: string): boolean {
  return !existsSync(join(dataDir, LOCK_FILE)) && existsSync(join(dataDir, `${DATABASE_FILE}-shm`));
}

function lockErrorOf(error: unknown, dataDir: string, path: string): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  if (error instanceof SQLiteError) {
    return error.code === "SQLITE_BUSY" ? new StoreOpenError(heldSentence(dataDir)) : openErrorOf(error, path);
  }
  return new StoreOpenError(
    `The data directory ${dataDir} cannot be made: make its parent writable for this user, or set POSTHORN_DATA_DIR.`,
    { cause: error },
  );
}

function heldSentence(dataDir: string): string {
  return `Another Posthorn is using the data directory ${dataDir}: stop it, or set POSTHORN_DATA_DIR to another directory.`;
}
