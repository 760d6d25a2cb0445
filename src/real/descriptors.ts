import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { CONCURRENCY_MAX, DESCRIPTORS_HELD_MAX, DESCRIPTORS_RESERVED, IDLE_CONNECTIONS_MAX } from "../limits.ts";

/** How the files that this process may open are shared out to the connections to receivers. */
export interface ConnectionBudget {
  /** Requests in flight. */
  readonly inFlight: number;
  /** Connections kept warm, beside those. */
  readonly idle: number;
  /** Descriptors that are held for either, so that no client of the API takes them. */
  readonly reserve: number;
}

/** @param openFilesMax null where the system does not tell: then nothing but our own bounds counts */
export function connectionBudget(openFilesMax: number | null): ConnectionBudget {
  const limit = openFilesMax ?? Number.POSITIVE_INFINITY;
  const all = Math.max(limit - DESCRIPTORS_RESERVED, Math.floor(limit / 2));
  const idle = Math.min(IDLE_CONNECTIONS_MAX, Math.floor(all / 3));
  const reserve = openFilesMax === null ? 0 : Math.min(DESCRIPTORS_HELD_MAX, Math.floor(limit / DESCRIPTORS_HELD_MAX));
  return { idle, inFlight: Math.max(1, Math.min(CONCURRENCY_MAX, all - idle)), reserve };
}

/** Whether a system's error code says that this process, or the machine, may open no more files. */
function isWantOfDescriptors(code: unknown): boolean {
  return code === "EMFILE" || code === "ENFILE";
}

/** Whether that is so now. */
export function areDescriptorsSpent(): boolean {
  return lowestFree() === Number.POSITIVE_INFINITY;
}

/** Whether more than half of what this process may open is open. Where holes are left below, that is told a little late. */
export function areDescriptorsScarce(openFilesMax: number | null): boolean {
  return openFilesMax !== null && lowestFree() > openFilesMax / 2;
}

/** The system gives the lowest that is free, so all below it are taken. Infinity when there is none. */
function lowestFree(): number {
  try {
    const descriptor = openSync(devNull, "r");
    closeSync(descriptor);
    return descriptor;
  } catch (error) {
    const isSpent = error instanceof Error && "code" in error && isWantOfDescriptors(error.code);
    return isSpent ? Number.POSITIVE_INFINITY : 0;
  }
}
