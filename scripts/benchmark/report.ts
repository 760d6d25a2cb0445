import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import type { Machine } from "./machine.ts";
import { type Options, STANDARD } from "./options.ts";
import type { Result } from "./row.ts";
import { markdownTable } from "./table.ts";
import { verdictOf } from "./verdict.ts";

export interface Report {
  readonly machine: Machine;
  /** Why the figures may be worth little. */
  readonly doubts: readonly string[];
  readonly options: Options;
  readonly results: readonly Result[];
}

/** Prints the table and writes the JSON; false when a row failed or a bar was missed. */
export function report({ machine, doubts, options, results }: Report, say: (line: string) => void): boolean {
  const table = markdownTable(results);
  say(`\n${caption(machine)}\n\n${table}\n`);
  if (options.seconds < STANDARD.seconds || options.runs < STANDARD.runs || options.scale < STANDARD.scale) {
    say("Shorter, fewer or smaller than the standard: this shows that it runs, and what is far off, but no more.");
  }
  for (const { row, notes = [], failure } of results) {
    if (failure !== undefined) say(`${row.name} failed: ${failure}`);
    for (const note of notes) say(note);
  }
  const path = options.json ?? join(mkdtempSync(join(tmpdir(), "posthorn-speed-")), "speed.json");
  const content = { version: VERSION, at: new Date(), bun: Bun.version, machine, doubts, options, results };
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  say(`The figures are in ${path}`);
  if (options.readme) mendReadme(`\n${caption(machine)}\n\n${table}\n`);
  return results.every((result) => result.failure === undefined && !isMissed(result));
}

/** Without which no figure means anything. */
function caption({ processors, model, memoryGb, kernel }: Machine): string {
  return `Posthorn ${VERSION}, Bun ${Bun.version}, ${processors} processors (${model}), ${memoryGb} GB, Linux ${kernel}`;
}

function isMissed({ row, values }: Result): boolean {
  return row.bars.some((bar, at) => verdictOf(bar, values[at] ?? null) === "missed");
}

const README = join(import.meta.dir, "../../README.md");

function mendReadme(table: string): void {
  writeFileSync(README, withSpeedTable(readFileSync(README, "utf8"), table));
}

const BEGIN = "<!-- speed:begin -->";
const END = "<!-- speed:end -->";

/** The README with the table put between its two markers. @throws when it has no such place */
export function withSpeedTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`;
}
