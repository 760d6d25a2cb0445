import { StoreOpenError } from "./contract.ts";
import { isErrno } from "./durable-files.ts";
import { faultOf } from "./sqlite/fault.ts";

/** Why a backup was not made, or not restored: one sentence for the operator. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** @param path what was to be written when `error` came */
export function backupErrorOf(error: unknown, path: string): BackupError | StoreOpenError {
  if (error instanceof BackupError || error instanceof StoreOpenError) return error;
  return new BackupError(`${path} ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  if (isErrno(error, "ENOSPC", "EDQUOT") || faultOf(error) === "full") {
    return "cannot be written, because the disk is full: make room on it.";
  }
  if (isErrno(error, "ENOENT", "ENOTDIR")) return "cannot be written, because its directory is missing: make it first.";
  if (isErrno(error, "EACCES", "EPERM", "EROFS")) {
    return "cannot be written: make its directory writable for this user.";
  }
  return `cannot be written (${String(error)}).`;
}
