import { lstatSync } from "node:fs";
import { StoreOpenError } from "../contract.ts";

/** What SQLite may open beside a database. */
const COMPANIONS = ["", "-wal", "-shm", "-journal"];

/**
 * Refuses a database at `path` that is no file itself, and what is none in the place of one that SQLite keeps beside it. The log of
 * a database lies beside the file that a link leads to, where nobody else would look for it; a pipe that nobody writes to would be
 * waited for without end. A directory SQLite refuses by itself.
 *
 * @throws StoreOpenError
 */
export function refuseUnfitFiles(path: string): void {
  for (const companion of COMPANIONS) refuseUnfit(`${path}${companion}`);
}

function refuseUnfit(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new StoreOpenError(
    found.isSymbolicLink()
      ? `${path} is a symbolic link: put the file itself there, or set POSTHORN_DATA_DIR to the directory that it lies in.`
      : `${path} is no regular file: move it away, or set POSTHORN_DATA_DIR to another directory.`,
  );
}
