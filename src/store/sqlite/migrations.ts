import type { Database } from "bun:sqlite";
import { StoreOpenError } from "../contract.ts";
import firstSchema from "./migrations/0001-first-schema.sql" with { type: "text" };
import audit from "./migrations/0002-audit.sql" with { type: "text" };

/** In order; the number of a migration is its place, from 1. A released one never changes. */
const MIGRATIONS: readonly string[] = [firstSchema, audit];

/** What this Posthorn reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the schema up to date, each migration with its number in a transaction of its own.
 *
 * @param target the version at which to stop
 * @throws StoreOpenError when the file was written by a newer Posthorn
 */
export function migrate(db: Database, target = SCHEMA_VERSION): void {
  const version = schemaVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new StoreOpenError(
      `The database has schema ${version} and this Posthorn knows ${SCHEMA_VERSION}: start the newer version that wrote it, or restore a backup.`,
    );
  }
  for (const [index, sql] of MIGRATIONS.slice(0, target).entries()) {
    if (index >= version) apply(db, sql, index + 1);
  }
}

function apply(db: Database, sql: string, version: number): void {
  const run = db.transaction(() => {
    db.run(sql);
    db.run(`PRAGMA user_version = ${version}`);
  });
  run.immediate();
}

function schemaVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
