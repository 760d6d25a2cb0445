import { Database } from "bun:sqlite";

/** Locks live as long as the process: one that nobody can reach any more would be closed, and given up, by the garbage collector. */
const HELD = new Set<Database>();

/**
 * Makes the file at `path`, which is there and empty, ours alone until the answer is called or the process ends, however it ends:
 * the lock is an exclusive transaction of SQLite, which the kernel gives up with the process, and which this process cannot take
 * twice either.
 *
 * @throws SQLiteError with the code SQLITE_BUSY when another one holds it
 */
export function lockFile(path: string): () => void {
  const lock = new Database(path, { readwrite: true });
  try {
    lock.run("PRAGMA journal_mode = MEMORY");
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw error;
  }
  HELD.add(lock);
  return () => {
    HELD.delete(lock);
    lock.close();
  };
}
