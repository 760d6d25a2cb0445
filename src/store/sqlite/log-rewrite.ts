import type { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { LOG_REWRITE_BYTES } from "../../limits.ts";

/**
 * Puts what the write-ahead log of the database at `path` holds on the disk. At a start it may lie in the system's cache alone: the
 * last process was killed before its sync, or ended because that failed, and after a failure the system takes what it could not
 * write for written. Whatever can be read is answered for, and the next commits stand on it; so it is written again as it is.
 */
export function rewriteLog(db: Database, path: string): void {
  const log = `${path}-wal`;
  if (!existsSync(log)) return;
  // Nobody else adds to the log meanwhile, or begins it anew.
  db.run("BEGIN IMMEDIATE");
  try {
    writeAgain(log);
  } finally {
    db.run("ROLLBACK");
  }
}

function writeAgain(path: string): void {
  const log = openSync(path, "r+");
  try {
    const chunk = new Uint8Array(LOG_REWRITE_BYTES);
    for (let at = 0, bytes = readAt(log, chunk, at); bytes > 0; bytes = readAt(log, chunk, at)) {
      if (writeSync(log, chunk, 0, bytes, at) !== bytes) throw new Error("the write-ahead log cannot be written");
      at += bytes;
    }
    fsyncSync(log);
  } finally {
    closeSync(log);
  }
}

function readAt(file: number, into: Uint8Array, at: number): number {
  return readSync(file, into, 0, into.length, at);
}
