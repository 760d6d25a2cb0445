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
  opened(path, "r", (source) =>
    opened(path, "r+", (target) => {
      copy(source, target);
      fsyncSync(target);
    }),
  );
}

function opened(path: string, mode: "r" | "r+", use: (file: number) => void): void {
  const file = openSync(path, mode);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}

function copy(source: number, target: number): void {
  const chunk = new Uint8Array(LOG_REWRITE_BYTES);
  for (let bytes = readSync(source, chunk); bytes > 0; bytes = readSync(source, chunk)) {
    if (writeSync(target, chunk, 0, bytes) !== bytes) throw new Error("the write-ahead log cannot be written");
  }
}
