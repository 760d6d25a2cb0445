import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import {
  BUSY_TIMEOUT_MS,
  READER_CACHE_KB,
  WAL_CHECKPOINT_PAGES,
  WAL_KEPT_MAX_BYTES,
  WRITER_BUSY_TIMEOUT_MS,
  WRITER_CACHE_KB,
} from "../../limits.ts";
import { StoreOpenError } from "../contract.ts";
import { faultOf, openErrorOf } from "./fault.ts";
import { rewriteLog } from "./log-rewrite.ts";
import { migrate } from "./migrations.ts";

/** "PhRn": marks the file as ours, so that a path that names another program's database is refused. */
export const APPLICATION_ID = 0x5068526e;
export const IN_MEMORY = ":memory:";
export const DATABASE_FILE = "posthorn.db";
export const WRITE_AHEAD_LOG_FILE = "posthorn.db-wal";
/** Where a restore makes the next database ready. */
export const RESTORING_FILE = "posthorn.db.restoring";

const OWNER_ONLY = 0o600;
/** Of `auto_vacuum`. */
export const INCREMENTAL = 2;
const SYNCHRONOUS_FULL = 2;

/**
 * Opens the one connection that writes; makes the database when there is none, and brings its schema up to date.
 *
 * @param path of the file, or `:memory:`
 * @throws StoreOpenError
 */
export function openWriting(path: string): Database {
  if (path !== IN_MEMORY) makeForOwner(path);
  return opening(path, { create: true, readwrite: true }, (db) => {
    if (isBlank(db)) create(db);
    refuseForeign(db, path);
    // The copy that VACUUM INTO makes, of a database that is in use, is in another mode.
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = FULL");
    db.run(`PRAGMA cache_size = -${WRITER_CACHE_KB}`);
    db.run(`PRAGMA wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`);
    db.run(`PRAGMA journal_size_limit = ${WAL_KEPT_MAX_BYTES}`);
    assertPragma(db, "synchronous", SYNCHRONOUS_FULL);
    rewriteLog(db, path);
    migrate(db);
    assertWritable(db);
    assertPragma(db, "auto_vacuum", INCREMENTAL);
  });
}

/** Opens a connection that only reads, beside the writing one. @throws StoreOpenError */
export function openReading(path: string): Database {
  return opening(path, { readonly: true }, (db) => {
    db.run("PRAGMA query_only = ON");
    db.run(`PRAGMA cache_size = -${READER_CACHE_KB}`);
  });
}

/** From now on clients wait for what waits for another program. */
export function waitBriefly(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${WRITER_BUSY_TIMEOUT_MS}`);
}

/**
 * Moves what the log still holds into the file, which then alone is the whole database.
 *
 * @returns false when another program is in the way
 * @throws SQLiteError when there is no room for it
 */
export function emptyLog(db: Database): boolean {
  return db.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
}

/** Empties the log, and closes. Where that cannot be done, the log keeps what it holds. */
export function closeWriting(db: Database): void {
  try {
    emptyLog(db);
  } catch (error) {
    if (faultOf(error) !== "full") throw error;
  } finally {
    db.close(true);
  }
}

/**
 * A new file for SQLite that is its owner's alone, whoever may read the directory; the log of a database gets the same mode. If it
 * cannot be made, opening it tells why.
 */
export function makeForOwner(path: string): void {
  try {
    closeSync(openSync(path, "ax", OWNER_ONLY));
  } catch {
    return;
  }
}

type OpenMode = { readonly create?: true; readonly readwrite?: true; readonly readonly?: true };

function opening(path: string, mode: OpenMode, prepare: (db: Database) => void): Database {
  let db: Database | null = null;
  try {
    db = new Database(path, { ...mode, strict: true });
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.run("PRAGMA foreign_keys = ON");
    db.run("PRAGMA trusted_schema = OFF");
    prepare(db);
    return db;
  } catch (error) {
    db?.close();
    throw openErrorOf(error, path);
  }
}

/** The order matters: the first page, which the journal mode writes, fixes the way of vacuuming for good. */
function create(db: Database): void {
  db.run("PRAGMA auto_vacuum = INCREMENTAL");
  db.run("PRAGMA journal_mode = WAL");
  db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** New, or left behind by a start that died before it had marked the file. */
function isBlank(db: Database): boolean {
  const tables = db.query<{ tables: number }, []>("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables;
  return tables === 0 && pragma(db, "application_id") === 0;
}

function refuseForeign(db: Database, path: string): void {
  if (pragma(db, "application_id") === APPLICATION_ID) return;
  throw new StoreOpenError(
    `${path} is a database of another program, not Posthorn's: move it away, or set POSTHORN_DATA_DIR to another directory.`,
  );
}

/** SQLite opens what it may not write for reading alone, without a word. @throws SQLiteError */
function assertWritable(db: Database): void {
  db.run("DELETE FROM facts WHERE false");
}

function assertPragma(db: Database, name: "synchronous" | "auto_vacuum", wanted: number): void {
  const found = pragma(db, name);
  if (found !== wanted) throw new Error(`PRAGMA ${name} is ${found} and has to be ${wanted}`);
}

function pragma(db: Database, name: "application_id" | "synchronous" | "auto_vacuum"): number | undefined {
  return db.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name];
}
