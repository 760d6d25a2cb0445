import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block. Its info string is a language and, where it belongs to a terminal, that terminal's name. */
export interface Fence {
  readonly language: string;
  readonly terminal: string | null;
  readonly text: string;
}

export const README = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");

/** What stands under a heading, up to the next one of the same level or a higher one. @throws when there is no such heading */
export function section(markdown: string, title: string): string {
  const [, marks, body] = new RegExp(`\\n(##+) ${title}\\n([^]*)`).exec(markdown) ?? [];
  if (marks === undefined || body === undefined) throw new Error(`there is no section "${title}"`);
  return body.split(new RegExp(`\\n#{2,${marks.length}} `))[0] ?? "";
}

export function fences(markdown: string): readonly Fence[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)\n```$/gm)].map(
    ([, language = "", terminal = null, text = ""]) => ({ language, terminal, text }),
  );
}

/** The cells of every row of the tables, without the heads. */
export function tableRows(markdown: string): readonly (readonly string[])[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  const isRule = (line: string | undefined) => line !== undefined && /^[|\s-]+$/.test(line);
  return rows.filter((line, at) => !isRule(line) && !isRule(rows[at + 1])).map(cellsOf);
}

function cellsOf(row: string): readonly string[] {
  const cells = row.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The texts in backticks that are not in a fence. */
export function codeSpans(markdown: string): readonly string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}
