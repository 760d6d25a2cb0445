import type { Bar, Result } from "./row.ts";
import { verdictOf } from "./verdict.ts";

const HEAD = ["Measure", "Held to", "Value", "Goal", "Floor", "Verdict", "Seen"];

/** All results as one Markdown table: a line for each bar, and one for a row without any. Only the last column is ragged. */
export function markdownTable(results: readonly Result[]): string {
  const body = results.flatMap(linesOf);
  const widths = HEAD.map((name, column) => Math.max(name.length, ...body.map((line) => line[column]?.length ?? 0)));
  const rule = HEAD.map((name, column) => "-".repeat(column < HEAD.length - 1 ? (widths[column] ?? 0) : name.length));
  return [HEAD, rule, ...body].map((line) => rowOf(line, widths)).join("\n");
}

/** A number with as many digits as it deserves: 12,345, 123, 12.3, 1.23. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function linesOf({ row, figures, values }: Result): readonly string[][] {
  const seen = Object.entries(figures)
    .map(([name, value]) => `${name} ${formatNumber(value)}`)
    .join("; ");
  const [first = Array.from({ length: 5 }, () => ""), ...others] = row.bars.map((bar, at) => cellsOf(bar, values[at]));
  return [[row.what, ...first, seen], ...others.map((cells) => ["", ...cells, ""])];
}

function cellsOf(bar: Bar, value: number | null = null): readonly string[] {
  const sign = bar.better === "more" ? "≥" : "≤";
  const amount = (number: number) => `${formatNumber(number)} ${bar.unit}`;
  return [
    bar.what,
    value === null ? "" : amount(value),
    `${sign} ${amount(bar.goal)}`,
    bar.floor === undefined ? "" : `${sign} ${amount(bar.floor)}`,
    verdictOf(bar, value),
  ];
}

function rowOf(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1;
  const padded = cells.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? 0)));
  return `| ${padded.join(" | ")} |`;
}
