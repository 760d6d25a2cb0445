import { Database } from "bun:sqlite";
import { BUSY_TIMEOUT_MS } from "../../limits.ts";

/**
 * Copies the database at `path`, as it is at one moment, into the empty file at `into`. Others may write meanwhile: for them it
 * is one long read, during which the write-ahead log only grows. What is copied is not synced.
 *
 * @throws SQLiteError
 */
export function copySnapshot(path: string, into: string): void {
  const db = new Database(path, { readonly: true, strict: true });
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.query<never, [string]>("VACUUM INTO ?").run(into);
  } finally {
    db.close();
  }
}
