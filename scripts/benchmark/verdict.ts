import type { Bar } from "./row.ts";

export type Verdict = "goal met" | "floor met" | "missed" | "not measured";

/** How a value stands to its bar. */
export function verdictOf(bar: Bar, value: number | null): Verdict {
  if (value === null) return "not measured";
  if (holds(bar.better, value, bar.goal)) return "goal met";
  return bar.floor !== undefined && holds(bar.better, value, bar.floor) ? "floor met" : "missed";
}

function holds(better: Bar["better"], value: number, bound: number): boolean {
  return better === "more" ? value >= bound : value <= bound;
}
