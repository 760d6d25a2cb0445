import { Database } from "bun:sqlite";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import firstSchema from "../../src/store/sqlite/migrations/0001-first-schema.sql" with { type: "text" };

const APPLICATION_ID = 0x5068526e;

/** Puts the rows of a database that nobody has open into one as the first release made it, in its place. */
export function intoFirstSchema(dataDir: string): void {
  const [path, newPath] = [join(dataDir, "posthorn.db"), join(dataDir, "first-schema.db")];
  using db = new Database(newPath, { create: true, readwrite: true, strict: true });
  db.run("PRAGMA auto_vacuum = INCREMENTAL");
  db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.run(firstSchema);
  db.run("PRAGMA user_version = 1");
  db.query("ATTACH ? AS later").run(path);
  db.transaction(() => {
    for (const table of tablesOf(db)) {
      const columns = columnsOf(db, table).join(", ");
      db.run(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM later.${table} ORDER BY seq`);
    }
  })();
  for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
  renameSync(newPath, path);
}

/** Every row of the tables that the first schema has, as it lies there. */
export function firstSchemaRows(dataDir: string): Readonly<Record<string, readonly unknown[]>> {
  using blank = new Database(":memory:");
  blank.run(firstSchema);
  using db = new Database(join(dataDir, "posthorn.db"));
  const rowsOf = (table: string) => db.query(`SELECT ${columnsOf(blank, table).join(", ")} FROM ${table}`).values();
  return Object.fromEntries(tablesOf(blank).map((table) => [table, rowsOf(table)]));
}

/** In the order of their making: none refers to a later one. */
function tablesOf(db: Database): readonly string[] {
  const tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
  return db
    .query<{ name: string }, []>(tables)
    .all()
    .map(({ name }) => name);
}

function columnsOf(db: Database, table: string): readonly string[] {
  const stored = "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0";
  return db
    .query<{ name: string }, [string]>(stored)
    .all(table)
    .map(({ name }) => name);
}
