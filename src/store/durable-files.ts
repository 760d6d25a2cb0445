import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

/** Puts on the disk what was written to the file at `path`, by whomever. */
export function syncFile(path: string): void {
  sync(path, "r+");
}

const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/**
 * A file that only its owner can read, on the disk when this returns, name and all. One that is there already is replaced by a
 * new one: it may be readable by others, or be a link to somewhere else.
 */
export function writeDurably(path: string, text: string): void {
  removeFiles(path);
  writeFileSync(path, text, { mode: OWNER_ONLY, flag: "wx", flush: true });
  syncNames(path);
}

/** A directory that only its owner can enter, as are those above it that it makes; each of them is on the disk when this returns. */
export function makeDirectory(path: string): void {
  const wanted = resolve(path);
  const first = mkdirSync(wanted, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  if (first === undefined) return;
  for (let made = wanted; made.length >= first.length; made = dirname(made)) syncNames(made);
}

/** Puts on the disk which files lie beside `path`. Where a directory cannot be synced the system is trusted, as SQLite does. */
export function syncNames(path: string): void {
  try {
    sync(dirname(path), "r");
  } catch {
    return;
  }
}

function sync(path: string, mode: "r" | "r+"): void {
  const file = openSync(path, mode);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes files, or links, that may be there or not. A disk that cannot be written would refuse even what is not there. */
export function removeFiles(...paths: readonly string[]): void {
  for (const path of paths) if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path);
}

/**
 * Gives the file another name for good, in one step, and never that of another file.
 *
 * @throws with the code EEXIST when there is such a file
 */
export function renameToNew(from: string, to: string): void {
  try {
    linkSync(from, to);
    rmSync(from);
  } catch (error) {
    if (!isErrno(error, ...NO_LINKS) || existsSync(to)) throw error;
    renameSync(from, to);
  }
  syncNames(to);
}

/** What file systems without hard links answer. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/** Whether it is a system's error with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
