import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Setting } from "../src/setting.ts";
import { SETTINGS } from "../src/settings.ts";

const BEGIN = "<!-- settings:begin -->";
const END = "<!-- settings:end -->";

/** The README's table of settings, in Markdown. */
export function settingsTable(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map((setting) => row(setting));
  return ["| Name | Default | Example | What |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The README with the table put between its two markers. @throws when it has no such place. */
export function withSettingsTable(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${settingsTable()}\n${readme.slice(end)}`;
}

function row({ name, default: standard, example, what, parse }: Setting<unknown>): string {
  // A few words on what happens without it, or the very text of a value.
  const isValue = !standard.includes(" ") || parse(standard, () => "").ok;
  const cells = [`\`${name}\``, isValue ? `\`${standard}\`` : standard, `\`${example}\``, what];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) {
  const path = join(import.meta.dir, "../README.md");
  writeFileSync(path, withSettingsTable(readFileSync(path, "utf8")));
}
