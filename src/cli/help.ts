import { flagName } from "../config.ts";
import type { Setting } from "../setting.ts";
import { SETTINGS } from "../settings.ts";
import { FILE_ACTIONS, PLAIN_ACTIONS } from "./command.ts";

const WORDS_WIDTH = 20;

/** What `posthorn --help` prints. */
export function helpText(version: string): string {
  return `Posthorn ${version} sends webhooks: your app posts events to it, and it signs, sends, retries and logs them.

Usage: posthorn <command> [--setting value …]

${commandRows()
  .map(([words, what]) => `  ${words.padEnd(WORDS_WIDTH)}${what}`)
  .join("\n")}

Exit codes: 0 all is well, 1 it could not go on, 2 a mistake in the command or in a setting

Settings, from flags or the environment; NAME_FILE (or --name-file) takes the value from a file:

${Object.values<Setting<unknown>>(SETTINGS).map(settingText).join("\n")}
`;
}

function commandRows(): readonly (readonly [words: string, what: string])[] {
  return [
    ...Object.entries(PLAIN_ACTIONS),
    ...Object.entries(FILE_ACTIONS).map(([word, what]) => [`${word} FILE`, what] as const),
    ["--help", "Print this"],
    ["--version", "Print the version"],
  ];
}

function settingText({ name, what, default: standard, example, secret }: Setting<unknown>): string {
  const flag = secret ? `--${flagName(name)}-file` : `--${flagName(name)}`;
  return `  ${name}, ${flag}\n      ${what}.\n      Default: ${standard}. Example: ${example}\n`;
}
