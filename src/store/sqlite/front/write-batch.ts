import { WRITE_BATCH_MAX_CHARACTERS, WRITE_BATCH_MAX_COMMANDS } from "../../../limits.ts";
import type { CommandKind } from "../command-kind.ts";
import type { Command } from "../verbs.ts";

/** A command that waits for its turn, or for its answer. */
export interface Waiting {
  readonly command: Command;
  readonly kind: CommandKind;
  readonly take: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Takes the first commands out of `queue`: as many as one transaction and one message may carry. */
export function takeBatch(queue: Waiting[]): readonly Waiting[] {
  let characters = 0;
  let count = 0;
  for (const { command } of queue) {
    characters += charactersOf(command);
    if (count > 0 && (standsAlone(queue, count) || characters > WRITE_BATCH_MAX_CHARACTERS)) break;
    if (++count === WRITE_BATCH_MAX_COMMANDS) break;
  }
  return queue.splice(0, count);
}

/** Giving pages back has no place in a transaction with others. */
function standsAlone(queue: readonly Waiting[], count: number): boolean {
  return queue[0]?.command.verb === "reclaim" || queue[count]?.command.verb === "reclaim";
}

function charactersOf(command: Command): number {
  if (command.verb === "ingest") return command.argument.body.length;
  return command.verb === "settle" ? (command.argument.attempt.responseBody?.length ?? 0) : 0;
}
