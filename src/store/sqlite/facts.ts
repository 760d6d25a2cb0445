import type { Database } from "bun:sqlite";

/** The table of single facts about this database. */
export class FactTable {
  readonly #get;
  readonly #set;

  constructor(db: Database) {
    this.#get = db.query<{ value: string }, [string]>("SELECT value FROM facts WHERE name = ?");
    this.#set = db.query<never, [string, string]>(
      "INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    );
  }

  get(name: string): string | null {
    return this.#get.get(name)?.value ?? null;
  }

  set(name: string, value: string): void {
    this.#set.run(name, value);
  }
}
