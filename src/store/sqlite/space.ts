import type { Database } from "bun:sqlite";

/** Pages: how many there are, and giving the free ones back. */
export class Space {
  readonly #db: Database;
  readonly #free;
  readonly #bytes;

  constructor(db: Database) {
    this.#db = db;
    this.#free = db.query<{ pages: number }, []>("SELECT freelist_count AS pages FROM pragma_freelist_count");
    this.#bytes = db.query<{ bytes: number }, []>(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    );
  }

  get databaseBytes(): number {
    return this.#bytes.get()?.bytes ?? 0;
  }

  /**
   * Moves at most `maxPages` free pages out of the file. Not to be called inside a transaction: the file itself gets smaller
   * at a checkpoint, which is done with the last chunk.
   */
  reclaim(maxPages: number): { readonly pages: number; readonly more: boolean } {
    const before = this.#freePages;
    // A pragma takes no parameters; the number cannot be anything but one.
    this.#db.run(`PRAGMA incremental_vacuum(${Math.trunc(maxPages)})`);
    const after = this.#freePages;
    if (before > 0 && after === 0) this.#db.run("PRAGMA wal_checkpoint(PASSIVE)");
    return { pages: before - after, more: after > 0 };
  }

  get #freePages(): number {
    return this.#free.get()?.pages ?? 0;
  }
}
