import { Database, SQLiteError } from "bun:sqlite";
import { neutral } from "../../domain/neutral-text.ts";
import { FLAW_MAX_CHARACTERS } from "../../limits.ts";
import { APPLICATION_ID, INCREMENTAL } from "./connection.ts";
import { checkFlaw } from "./key-check.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
import { schemaFlaw } from "./schema-check.ts";

/** How many rows a database holds. */
export interface Contents {
  /** Not the deleted ones. */
  readonly webhooks: number;
  readonly events: number;
  readonly deliveries: number;
  readonly pending: number;
  readonly attempts: number;
  readonly keys: number;
}

/** `flaw`: why it is of no use, to be read after "it". */
export type Inspection =
  | { readonly isSound: true; readonly contents: Contents }
  | { readonly isSound: false; readonly flaw: string };

/**
 * Reads the whole database at `path`, whoever wrote it: whether it is ours, of a schema that is known, with nothing in it that
 * would run by itself, and as sound as SQLite can tell.
 */
export function inspect(path: string): Inspection {
  const db = new Database(path, { readonly: true, strict: true });
  try {
    distrust(db);
    const flaw = flawOf(db);
    return flaw === null ? { isSound: true, contents: contentsOf(db) } : unsound(flaw);
  } catch (error) {
    // What is no database, or is damaged where everything begins, speaks up at any statement.
    if (!(error instanceof SQLiteError)) throw error;
    return unsound(`cannot be read (${error.message})`);
  } finally {
    db.close();
  }
}

/** Whether SQLite finds nothing wrong in the database at `path`, whosoever it is. */
export function isIntact(path: string): boolean {
  const db = new Database(path, { readonly: true });
  try {
    return pragma(db, "integrity_check(1)") === "ok";
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error;
    return false;
  } finally {
    db.close();
  }
}

/** https://sqlite.org/security.html#untrusted_sqlite_database_files */
function distrust(db: Database): void {
  db.run("PRAGMA trusted_schema = OFF");
  db.run("PRAGMA cell_size_check = ON");
}

/** What the file says of itself is part of the sentence. */
function unsound(flaw: string): Inspection {
  return { isSound: false, flaw: neutral(flaw.slice(0, FLAW_MAX_CHARACTERS)) };
}

function flawOf(db: Database): string | null {
  if (pragma(db, "application_id") !== APPLICATION_ID) return "is not a Posthorn database";
  const schema = Number(pragma(db, "user_version"));
  if (schema > SCHEMA_VERSION) {
    return `has schema ${schema} and this Posthorn knows ${SCHEMA_VERSION}: use the newer version that wrote it`;
  }
  if (schema < 1) return "holds no tables yet: there is nothing in it to restore";
  const vacuum = pragma(db, "auto_vacuum");
  if (vacuum !== INCREMENTAL) {
    return `has been rewritten with auto_vacuum ${vacuum}: set \`PRAGMA auto_vacuum = ${INCREMENTAL}\` in it, and VACUUM`;
  }
  return schemaFlaw(db, schema) ?? damageOf(db) ?? checkFlaw(db);
}

function damageOf(db: Database): string | null {
  const damage = pragma(db, "integrity_check(1)");
  if (damage !== "ok") return `is damaged (${String(damage).replaceAll("\n", " ")})`;
  return pragma(db, "foreign_key_check") === null ? null : "is damaged (rows are missing that others need)";
}

/** The first value that the pragma answers with, or null. */
function pragma(db: Database, text: string): string | number | null {
  const row = db.query<Record<string, string | number>, []>(`PRAGMA ${text}`).get();
  return row === null ? null : (Object.values(row)[0] ?? null);
}

function contentsOf(db: Database): Contents {
  const contents = db
    .query<Contents, []>(`
      SELECT (SELECT count(*) FROM webhooks WHERE deleted_at IS NULL) AS webhooks, (SELECT count(*) FROM events) AS events,
        (SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM attempts) AS attempts,
        (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pending, (SELECT count(*) FROM keys) AS keys`)
    .get();
  if (contents === null) throw new Error("a count without a row");
  return contents;
}
