import { StoreOpenError } from "./store/contract.ts";
import { isErrno } from "./store/durable-files.ts";

/**
 * Why a file of the data directory cannot be used, as one sentence for the operator that names the fix.
 *
 * @param path of the file, or of its directory where the system says itself which one it is
 */
export function fileErrorOf(cause: unknown, path: string, use: "read" | "written"): StoreOpenError {
  return new StoreOpenError(`${pathIn(cause) ?? path} ${reasonOf(cause, use)}`, { cause });
}

function reasonOf(cause: unknown, use: "read" | "written"): string {
  if (isErrno(cause, "EISDIR", "ERR_FS_EISDIR")) return "is a directory, where a file has to be: move it away.";
  if (isErrno(cause, "ENOSPC", "EDQUOT")) return "cannot be written, because the disk is full: make room on it.";
  if (isErrno(cause, "EACCES", "EPERM")) {
    return `cannot be ${use} by this user: \`chown\` it to the user that Posthorn runs as.`;
  }
  return `cannot be ${use} (${String(cause)}): check the disk.`;
}

function pathIn(cause: unknown): string | null {
  return cause instanceof Error && "path" in cause && typeof cause.path === "string" ? cause.path : null;
}
