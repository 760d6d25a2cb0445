import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

const OWNER_ONLY = 0o600;
/** Bits of a file's mode that let anybody but its owner at it. */
const OTHERS = 0o077;
/** Everything that Posthorn keeps in a data directory, whatever comes after these names. */
const OURS = /^(posthorn\.(db|lock)|secret\.key|admin\.key)/;

/**
 * Makes what lies in a data directory its owner's alone, as far as this user may: it may come from an earlier version, or from a
 * copy. Others could read it, and by locking a byte of it stop the server.
 *
 * @returns the paths of what was not their owner's alone until now
 */
export function closeToOthers(directory: string): readonly string[] {
  // Windows has no such modes.
  if (process.platform === "win32") return [];
  const open = ourNamesIn(directory)
    .map((name) => join(directory, name))
    .filter(isOpenToOthers);
  for (const path of open) tighten(path);
  return open;
}

/** A directory that is missing, or cannot be read, is told by whoever opens it. */
function ourNamesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => OURS.test(name));
  } catch {
    return [];
  }
}

function isOpenToOthers(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & OTHERS) !== 0;
}

/** What belongs to another user stays as it is: where that is wrong, opening it tells. */
function tighten(path: string): void {
  try {
    chmodSync(path, OWNER_ONLY);
  } catch {
    return;
  }
}
