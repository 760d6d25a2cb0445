import type { Console } from "../../src/cli/console.ts";

export interface RecordedConsole extends Console {
  readonly written: { out: string; error: string };
}

/** A console that keeps what is written to it. */
export function recordedConsole({ isTerminal = false } = {}): RecordedConsole {
  const written = { out: "", error: "" };
  const out = (text: string) => {
    written.out += text;
  };
  const error = (text: string) => {
    written.error += text;
  };
  return { isTerminal, out, error, written };
}
