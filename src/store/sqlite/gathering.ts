import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { BUSY_TIMEOUT_MS } from "../../limits.ts";
import { emptyLog } from "./connection.ts";
import { isIntact } from "./inspection.ts";
import { disownedCommits } from "./wal-tail.ts";

/**
 * - `gathered`: the database is sound, and its file alone is the whole of it: what its log held was moved there
 * - `busy`: another program has it open
 * - `damaged`: it or its log is, and both were left as they are
 */
export type Gathering = "gathered" | "busy" | "damaged";

/** Moves what the write-ahead log holds into the database file at `path`, where nothing is lost by that. */
export function gather(path: string): Gathering {
  const log = `${path}-wal`;
  if (disownedCommits(log) > 0 || !isIntact(path)) return "damaged";
  const isEmptied = emptyLogOf(path);
  // Whoever closes a database last removes its log.
  return isEmptied && !existsSync(log) ? "gathered" : "busy";
}

function emptyLogOf(path: string): boolean {
  const db = new Database(path, { readwrite: true, strict: true });
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return emptyLog(db);
  } finally {
    db.close(true);
  }
}
