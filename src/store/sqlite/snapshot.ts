import { openReading } from "./connection.ts";
import { isDamage, openErrorOf } from "./fault.ts";

/**
 * Copies the database at `path`, as it is at one moment, into the empty file at `into`. Others may write meanwhile: for them it
 * is one long read, during which the write-ahead log only grows. What is copied is not synced.
 *
 * @throws StoreOpenError when the database cannot be read, SQLiteError when the copy cannot be written
 */
export function copySnapshot(path: string, into: string): void {
  const db = openReading(path);
  try {
    // It guards the copy too, which is written.
    db.run("PRAGMA query_only = OFF");
    db.query<never, [string]>("VACUUM INTO ?").run(into);
  } catch (error) {
    throw isDamage(error) ? openErrorOf(error, path) : error;
  } finally {
    db.close();
  }
}
