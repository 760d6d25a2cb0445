/** Where a test build can be made to die, in the order of an event's way and then of what else is written. */
export const CRASH_POINTS = [
  "before the commit of an ingest",
  "after the commit of an ingest",
  "after the lease",
  "after the reply",
  "before the commit of an outcome",
  "after the commit of an outcome",
  "before the commit of a pruning",
  "after the commit of a pruning",
  "between freed pages and their checkpoint",
  "before the first migration",
  "in a migration",
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];
