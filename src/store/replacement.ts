import { existsSync, linkSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Millis } from "../world.ts";
import { BackupError } from "./backup-error.ts";
import { removeFiles, syncNames } from "./durable-files.ts";
import { identityOf } from "./file-identity.ts";
import { DATABASE_FILE, RESTORING_FILE } from "./sqlite/connection.ts";

/**
 * The files of a restore. What is to be restored is made ready as `posthorn.db.restoring`; what it replaces first gets a second
 * name, `posthorn.db.replaced-<UTC>`, and loses the first one in the moment in which the other takes it. So a data directory
 * has the old database in full until then, and from then on the new one.
 */
export class Replacement {
  readonly current: string;
  /** Where the new database is made ready. */
  readonly ready: string;
  /** Where the old one is kept. */
  readonly kept: string;

  constructor(dataDir: string, now: Millis) {
    this.current = join(dataDir, DATABASE_FILE);
    this.ready = join(dataDir, RESTORING_FILE);
    this.kept = freePath(`${this.current}.replaced-${stampOf(now)}`);
  }

  /** Gives the database that is in place its second name. */
  keepDatabase(): void {
    if (!existsSync(this.current)) return;
    try {
      linkSync(this.current, this.kept);
    } catch (cause) {
      throw new BackupError(
        `${this.current} cannot be kept under another name (${String(cause)}): move it away yourself, and restore again.`,
        { cause },
      );
    }
    syncNames(this.current);
  }

  /** And its log, if it still has one: one that could not be moved into it. */
  keepLog(): void {
    if (bytesOf(logOf(this.current)) === 0) return;
    linkSync(logOf(this.current), logOf(this.kept));
    syncNames(this.current);
  }

  /** A log that stayed would be taken for the new database's own. */
  takeLogAway(): void {
    removeFiles(logOf(this.current), indexOf(this.current));
    syncNames(this.current);
  }

  putInPlace(): void {
    renameSync(this.ready, this.current);
    syncNames(this.current);
  }
}

/**
 * Clears away what a restore left behind that was killed: the old database, where it is still in place, gets its log back.
 * To be called by whoever holds the data directory's lock, before the database is opened.
 */
export function clearUpRestore(dataDir: string): void {
  const current = join(dataDir, DATABASE_FILE);
  const ready = join(dataDir, RESTORING_FILE);
  removeFiles(ready, logOf(ready), indexOf(ready), `${ready}-journal`);
  for (const kept of namesOf(current)) {
    if (existsSync(logOf(kept)) && !existsSync(logOf(current))) linkSync(logOf(kept), logOf(current));
    syncNames(current);
    removeFiles(logOf(kept), kept);
  }
}

/** The names under which a restore has kept the file that is still in place. */
function namesOf(current: string): readonly string[] {
  const links = statSync(current, { throwIfNoEntry: false })?.nlink ?? 0;
  if (links < 2) return [];
  const identity = identityOf(current);
  const directory = dirname(current);
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${DATABASE_FILE}.replaced-`) && !name.endsWith("-wal"))
    .map((name) => join(directory, name))
    .filter((path) => identityOf(path) === identity);
}

function logOf(path: string): string {
  return `${path}-wal`;
}

function indexOf(path: string): string {
  return `${path}-shm`;
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** `20260131T235959Z` */
function stampOf(now: Millis): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
}

function freePath(path: string): string {
  let free = path;
  for (let n = 2; existsSync(free) || existsSync(logOf(free)); n++) free = `${path}-${n}`;
  return free;
}
