import { Database } from "bun:sqlite";
import { migrate } from "./migrations.ts";

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  /** Empty for the indexes that SQLite makes by itself. */
  readonly sql: string;
}

/**
 * What the database has more, less or otherwise than the migrations up to `version` make. A trigger or a view is a program: of one
 * that somebody else wrote nothing may run, so this is to be asked before any of the tables is.
 *
 * @returns null when there is nothing; else to be read after "it"
 */
export function schemaFlaw(db: Database, version: number): string | null {
  const made = objectsMade(version);
  const found = objectsOf(db);
  const foreign = found.find(({ type, name }) => !made.some((one) => one.type === type && one.name === name));
  if (foreign !== undefined) {
    return `holds the ${nameOf(foreign)}, which Posthorn did not make: drop it in there first`;
  }
  const missing = made.find(({ type, name }) => !found.some((one) => one.type === type && one.name === name));
  if (missing !== undefined) return `lacks the ${nameOf(missing)}, so it is not the whole database`;
  const changed = found.find((one) => !made.some((other) => Bun.deepEquals(one, other)));
  if (changed !== undefined) return `has another ${nameOf(changed)} than Posthorn makes, so it is not to be trusted`;
  return found.length === made.length ? null : "holds something twice, so it is not to be trusted";
}

function objectsMade(version: number): readonly SchemaObject[] {
  using db = new Database(":memory:", { strict: true });
  migrate(db, version);
  return objectsOf(db);
}

function objectsOf(db: Database): readonly SchemaObject[] {
  return db.query<SchemaObject, []>("SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema").all();
}

function nameOf({ type, name }: SchemaObject): string {
  return `${type} "${name}"`;
}
