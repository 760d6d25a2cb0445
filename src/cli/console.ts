import { UNREAD_OUTPUT_MAX_CHARACTERS } from "../limits.ts";

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

/** A console that keeps what is written in one turn of the program together: many lines of a busy log cost one system call. */
export interface BufferedConsole extends Console {
  /** Writes what is kept; to be called before the process is ended. */
  flush(): void;
}

/**
 * The process's own. A reader that is gone ends nothing: deliveries matter more than their log lines. One that is too
 * slow loses lines rather than filling the memory, and standard error tells how many.
 */
export function processConsole({
  stdout,
  stderr,
}: {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}): BufferedConsole {
  const unread = { characters: 0, lostLines: 0 };
  let kept = "";
  const error = (text: string) => void stderr.write(text);
  const flush = () => {
    const text = kept;
    kept = "";
    if (text === "") return;
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
    if (kept === "") queueMicrotask(flush);
    kept += text;
  };
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  return { isTerminal: stdout.isTTY === true, out, error, flush };
}
