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
}): Console {
  const unread = { characters: 0, lostLines: 0 };
  const error = (text: string) => void stderr.write(text);
  const out = (text: string) => {
    if (unread.characters > UNREAD_OUTPUT_MAX_CHARACTERS) {
      unread.lostLines++;
      return;
    }
    if (unread.lostLines > 0) error(`${unread.lostLines} lines of output are lost: nobody read them in time.\n`);
    unread.lostLines = 0;
    unread.characters += text.length;
    stdout.write(text, () => {
      unread.characters -= text.length;
    });
  };
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  return { isTerminal: stdout.isTTY === true, out, error };
}
