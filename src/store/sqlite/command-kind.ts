import type { Command } from "./verbs.ts";

/**
 * - `read`: writes nothing, so it needs no room and can be run again
 * - `owed`: an outcome that happened; where it cannot be written now, it waits
 * - `write`: anything else; where it cannot be written now, it is refused
 */
export type CommandKind = "read" | "owed" | "write";

/** Of a batch without a command it is not true: that one asks whether anything can be written. */
export function isReading(batch: readonly Command[]): boolean {
  return batch.length > 0 && batch.every((command) => kindOf(command) === "read");
}

export function kindOf({ verb }: Command): CommandKind {
  switch (verb) {
    case "seek":
    case "claim":
    case "findKey":
    case "findSession":
    case "findFact":
    case "countPending":
      return "read";
    case "settle":
    case "release":
      return "owed";
    default:
      return "write";
  }
}
