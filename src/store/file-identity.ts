import { type BigIntStats, fstatSync, lstatSync, statSync } from "node:fs";

/**
 * Which file it is, whatever it is called; null when there is none.
 *
 * As text: on some file systems (NTFS, FUSE, overlays) the numbers are greater than a double can tell apart.
 */
export function identityOf(path: string): string | null {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? null : textOf(file);
}

/** The same, of the name itself: null also when it is a link, which may lead anywhere, or no regular file. */
export function identityOfName(path: string): string | null {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return file?.isFile() === true ? textOf(file) : null;
}

/** The same, of a file that is open. */
export function identityOfOpen(descriptor: number): string {
  return textOf(fstatSync(descriptor, { bigint: true }));
}

function textOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
