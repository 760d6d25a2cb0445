import { Database, SQLiteError } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { StoreOpenError } from "../contract.ts";
import { makeForOwner } from "./connection.ts";
import { openErrorOf } from "./fault.ts";

export const LOCK_FILE = "posthorn.lock";
const OWNER_ONLY = 0o700;

/** Locks live as long as the process: one that nobody can reach any more would be closed, and given up, by the garbage collector. */
const HELD = new Set<Database>();

/**
 * Makes the directory ours alone until the answer is called or the process ends, however it ends: the lock is an exclusive
 * transaction on a SQLite file, which the kernel gives up with the process, and which this process cannot take twice either.
 *
 * @throws StoreOpenError when another one holds it, or nothing can be written there
 */
export function lockDirectory(dataDir: string): () => void {
  const path = join(dataDir, LOCK_FILE);
  let lock: Database | null = null;
  try {
    mkdirSync(dataDir, { recursive: true, mode: OWNER_ONLY });
    makeForOwner(path);
    lock = new Database(path, { create: true, readwrite: true });
    lock.run("PRAGMA journal_mode = MEMORY");
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    throw lockErrorOf(error, dataDir, path);
  }
  const held = lock;
  HELD.add(held);
  return () => {
    HELD.delete(held);
    held.close();
  };
}

function lockErrorOf(error: unknown, dataDir: string, path: string): StoreOpenError {
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
