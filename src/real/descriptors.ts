import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import {
  DESCRIPTORS_RESERVED,
  HTTP_REQUESTS_MAX,
  IDLE_PLAIN_CONNECTIONS_MAX,
  IDLE_TLS_CONNECTIONS_MAX,
} from "../limits.ts";

/** How the files that this process may open are shared out to the connections to receivers. */
export interface ConnectionBudget {
  /** Requests in flight. */
  readonly inFlight: number;
  /** Connections kept warm, beside those. */
  readonly idlePlain: number;
  readonly idleTls: number;
}

/** @param openFilesMax null where the system does not tell: then nothing but our own bounds counts */
export function connectionBudget(openFilesMax: number | null): ConnectionBudget {
  const limit = openFilesMax ?? Number.POSITIVE_INFINITY;
  const all = Math.max(limit - DESCRIPTORS_RESERVED, Math.floor(limit / 2));
  const idlePlain = Math.min(IDLE_PLAIN_CONNECTIONS_MAX, Math.floor(all / 8));
  const idleTls = Math.min(IDLE_TLS_CONNECTIONS_MAX, Math.floor(all / 4));
  return { idlePlain, idleTls, inFlight: Math.max(1, Math.min(HTTP_REQUESTS_MAX, all - idlePlain - idleTls)) };
}

/** Whether a system's error code says that this process, or the machine, may open no more files. */
export function isWantOfDescriptors(code: unknown): boolean {
  return code === "EMFILE" || code === "ENFILE";
}

/** Whether that is so now. */
export function areDescriptorsSpent(): boolean {
  try {
    closeSync(openSync(devNull, "r"));
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && isWantOfDescriptors(error.code);
  }
}
