import type { Clock } from "../world.ts";
import { OUTPUT_GATHERED_MAX_CHARACTERS, OUTPUT_GATHERED_MS, UNREAD_OUTPUT_MAX_CHARACTERS } from "./output-limits.ts";

/** Where a command writes to. */
export interface Console {
  /** Standard output is looked at by a person. */
  readonly isTerminal: boolean;
  out(text: string): void;
  error(text: string): void;
}

/** What is used of `process.stdout`. */
interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string, written?: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
}

/** A console that gathers what is written for a few milliseconds: many lines of a busy log cost one system call. */
export interface GatheringConsole extends Console {
  /** Writes what is gathered; to be called before the process is ended. */
  flush(): void;
}

/**
 * The process's own. A reader that is gone ends nothing: deliveries matter more than their log lines. One that is too
 * slow loses lines rather than filling the memory, and standard error tells how many.
 */
export function processConsole({
  stdout,
  stderr,
  after,
}: {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly after: Clock["after"];
}): GatheringConsole {
  const unread = { characters: 0, lostLines: 0 };
  let gathered = "";
  let cancelFlush = () => {};
  const error = (text: string) => void stderr.write(text);
  const flush = () => {
    const text = gathered;
    if (text === "") return;
    gathered = "";
    cancelFlush();
    stdout.write(text, () => {
      unread.characters -= text.length;
    });
  };
  const out = (text: string) => {
    if (unread.characters > UNREAD_OUTPUT_MAX_CHARACTERS) {
      unread.lostLines++;
      return;
    }
    if (unread.lostLines > 0) error(`${unread.lostLines} lines of output are lost: nobody read them in time.\n`);
    unread.lostLines = 0;
    unread.characters += text.length;
    if (gathered === "") cancelFlush = after(OUTPUT_GATHERED_MS, flush);
    gathered += text;
    if (gathered.length > OUTPUT_GATHERED_MAX_CHARACTERS) flush();
  };
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  return { isTerminal: stdout.isTTY === true, out, error, flush };
}
