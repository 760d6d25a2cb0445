import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/**
 * The text of a file that somebody else may have put there.
 *
 * @throws Error of the system, or one that says that it is no file: a pipe that nobody writes to would be waited for without end
 */
export function readRegularFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile() && !found.isDirectory()) throw new Error("it is no regular file");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
