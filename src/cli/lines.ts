import { neutral } from "../domain/neutral-text.ts";

/** Sentences for a terminal, each on a line of its own: the words of a command line and the names of files in them as what they are. */
export function lines(...sentences: readonly string[]): string {
  return sentences.map((sentence) => `${neutral(sentence)}\n`).join("");
}
