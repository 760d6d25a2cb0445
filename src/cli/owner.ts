import { type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { closeToOthers } from "../owner-only.ts";
import { StoreOpenError } from "../store/contract.ts";

const ROOT = 0;
/** Belongs to nobody: for a directory whose owner has no group of their own on it. */
const NO_GROUP = 65_534;
const WRITABLE_BY_ALL = 0o002;

/**
 * Makes root, who is about to work in a data directory, its owner, and for good: an owner may put links into it, which root would
 * follow anywhere. What is made from then on is the owner's by itself. Whoever is not root stays who they are.
 *
 * @param dataDir one that is missing will be its parent's owner's
 * @throws StoreOpenError when this process may not do that, when anybody may put links there, or when it is no directory
 */
export function becomeOwner(dataDir: string): void {
  const path = resolve(dataDir);
  if (found(path)?.isDirectory() === false) throw new StoreOpenError(noDirectorySentence(path));
  if (process.geteuid?.() !== ROOT) return;
  const { uid, gid, mode } = nearest(path);
  if (uid !== ROOT) become(uid, gid === ROOT ? NO_GROUP : gid, path);
  else if (found(path) !== null && (mode & WRITABLE_BY_ALL) !== 0) {
    throw new StoreOpenError(
      `Every user of this machine can write in the data directory ${path}, so root would follow links of theirs: \`chmod o-w\` it first.`,
    );
  }
}

/** The same, where a file is made in a directory that is theirs too. Into one of root's, or of somebody else, root writes as root. */
export function becomeOwnerOfBoth(dataDir: string, directory: string): void {
  if (nearest(resolve(dataDir)).uid === nearest(resolve(directory)).uid) becomeOwner(dataDir);
}

/** The same, for a command that works in the directory by itself; what lies in it is its owner's alone from then on. */
export function enterAsOwner(dataDir: string): void {
  becomeOwner(dataDir);
  closeToOthers(resolve(dataDir));
}

/** The order matters: without root's user nothing more can be given up. */
function become(uid: number, gid: number, path: string): void {
  try {
    process.setgroups?.([]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    throw impossible(uid, path, cause);
  }
  if (!isOnly(uid, gid) || canReturn()) throw impossible(uid, path);
}

function isOnly(uid: number, gid: number): boolean {
  const users = [process.getuid?.(), process.geteuid?.()];
  const groups = [process.getgid?.(), process.getegid?.(), ...(process.getgroups?.() ?? [])];
  return users.every((user) => user === uid) && groups.every((group) => group === gid);
}

function canReturn(): boolean {
  try {
    process.setuid?.(ROOT);
    return true;
  } catch {
    return false;
  }
}

function impossible(uid: number, path: string, cause?: unknown): StoreOpenError {
  return new StoreOpenError(
    `The data directory ${path} belongs to the user ${uid}, and root may not become that user here: run this command as that user.`,
    { cause },
  );
}

function noDirectorySentence(path: string): string {
  return `The data directory ${path} is a file: move it away, or set POSTHORN_DATA_DIR to a directory.`;
}

/** Of what is there, or of the directory in which it will be made. What cannot be asked for is told by whoever opens it. */
function nearest(path: string): Stats {
  return found(path) ?? nearest(dirname(path));
}

function found(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
