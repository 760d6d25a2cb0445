import { flagName } from "../config.ts";
import type { Setting } from "../setting.ts";
import { SETTINGS } from "../settings.ts";

/** What `posthorn --help` prints. */
export function helpText(version: string): string {
  return `Posthorn ${version} sends webhooks: your app posts events to it, and it signs, sends, retries and logs them.

Usage: posthorn <command> [--setting value …]

  serve         Run it
  config        Print every setting's value and where it comes from
  healthcheck   Ask the server that these settings describe whether it is alive
  --help        Print this
  --version     Print the version

Exit codes: 0 all is well, 1 it could not go on, 2 a mistake in the command or in a setting

Settings, from flags or the environment; NAME_FILE (or --name-file) takes the value from a file:

${Object.values<Setting<unknown>>(SETTINGS).map(settingText).join("\n")}
`;
}

function settingText({ name, what, default: standard, example, secret }: Setting<unknown>): string {
  const flag = secret ? `--${flagName(name)}-file` : `--${flagName(name)}`;
  return `  ${name}, ${flag}\n      ${what}.\n      Default: ${standard}. Example: ${example}\n`;
}
