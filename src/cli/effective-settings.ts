import type { Config, Sources } from "../config.ts";
import { neutral } from "../domain/neutral-text.ts";
import { SETTINGS } from "../settings.ts";

const SHOWN_MAX_CHARACTERS = 60;

/** What `posthorn config` prints: every setting, its value and where it came from, secrets masked. */
export function effectiveSettings(sources: Sources): string {
  const fields = Object.keys(SETTINGS) as (keyof Config)[];
  const rows = fields.map((field) => [SETTINGS[field].name, shown(sources[field].text), sources[field].from] as const);
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const textWidth = Math.max(...rows.map(([, text]) => text.length));
  return rows.map(([name, text, from]) => `${name.padEnd(nameWidth)}  ${text.padEnd(textWidth)}  ${from}\n`).join("");
}

function shown(text: string): string {
  // A catalogue has many lines, which are for its own readers.
  const line = neutral(text.replace(/[\r\n\t]+/g, " "));
  return line.length > SHOWN_MAX_CHARACTERS ? `${line.slice(0, SHOWN_MAX_CHARACTERS - 1)}…` : line;
}
