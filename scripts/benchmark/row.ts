import type { Bench } from "./bench.ts";

/** What a figure is held to. */
export interface Bar {
  /** What is held to it, as in `of bare`. */
  readonly what: string;
  readonly unit: "×" | "ms" | "s" | "MB" | "B" | "MB per million";
  readonly better: "more" | "less";
  readonly goal: number;
  /** Beyond the goal by more than this the work is not done; without one, that is so for every miss. */
  readonly floor?: number;
}

/** One measure of the table, in a module of its own. */
export interface Row {
  /** For `--row`. */
  readonly name: string;
  /** The measure, in words. */
  readonly what: string;
  /** None: the figures are printed beside the others. */
  readonly bars: readonly Bar[];
  run(bench: Bench): Promise<Measured>;
}

export interface Measured {
  /** What was seen, each with its unit in its name. */
  readonly figures: Readonly<Record<string, number>>;
  /** For each bar, in order, what is held to it; null when it could not be measured here. */
  readonly values: readonly (number | null)[];
  /** More of them, for the JSON alone. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What a reader of the figures has to know. */
  readonly notes?: readonly string[];
}

/** A row after its run. */
export interface Result extends Measured {
  readonly row: Pick<Row, "name" | "what" | "bars">;
  readonly seconds: number;
  /** Why there are no figures. */
  readonly failure?: string;
}
