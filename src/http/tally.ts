import { Counter, type Registry } from "prom-client";

/** One count by one set of labels. */
export interface Row {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly count: number;
}

/** Counts by one key, in plain numbers. */
export class Tally<Key extends string | number> {
  readonly #counts = new Map<Key, number>();

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** @param labelsOf the labels that a key stands for */
  rows(labelsOf: (key: Key) => Row["labels"]): readonly Row[] {
    return [...this.#counts].map(([key, count]) => ({ labels: labelsOf(key), count }));
  }
}

/** What tells a counter of its rows. */
export interface CounterText {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: string[];
}

/**
 * A counter of the registry that is told its counts whenever somebody reads it: to count in it would cost ten times as much,
 * with every request and every attempt.
 */
export function readCounter(registry: Registry, text: CounterText, rows: () => readonly Row[]): void {
  new Counter({
    ...text,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of rows()) this.inc(labels, count);
    },
  });
}
