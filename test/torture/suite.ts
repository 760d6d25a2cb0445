/** One way to maltreat Posthorn. `scripts/torture` runs its long form, `scripts/test` its short one. */
export interface Suite {
  readonly name: string;
  /** One line, for whoever runs it. */
  readonly describe: string;
  /** What this machine lacks for it, or null; absent when it needs nothing special. */
  readonly problem?: () => string | null;
  /** Resolves with what was measured; rejects with the first promise that was broken. */
  run(options: SuiteOptions): Promise<Figures>;
}

export interface SuiteOptions {
  /** Every random choice comes from it. */
  readonly seed: number;
  /** The long form. */
  readonly full: boolean;
}

/** By what they tell, with the unit in the name where there is one. */
export type Figures = Readonly<Record<string, number | string>>;

const SEED_MAX = 2 ** 32;
const TOLD_EVERY_MS = 60_000;

/** Somebody watches a long run: tells how far it is, once a minute. @param what of which there are so many, `kills` */
export function progress(what: string, of: number): (done: number) => void {
  const begun = performance.now();
  let told = begun;
  return (done) => {
    const now = performance.now();
    if (now - told < TOLD_EVERY_MS) return;
    told = now;
    process.stdout.write(`  ${done} of ${of} ${what} after ${Math.round((now - begun) / 60_000)} min\n`);
  };
}

/** `SEED` of the environment, so that a run can be repeated; else another one each time. */
export function chosenSeed(): number {
  return Number(process.env["SEED"] ?? Math.floor(Math.random() * SEED_MAX));
}

/** The lines that a run leaves behind. */
export function report(name: string, seed: number, seconds: number, figures: Figures): string {
  const lines = Object.entries(figures).map(([what, figure]) => `  ${what.padEnd(44)} ${figureText(figure)}`);
  return [`${name}: ${seconds.toFixed(1)} s, SEED=${seed}`, ...lines].join("\n");
}

function figureText(figure: number | string): string {
  return typeof figure === "string" ? figure : figure.toLocaleString("en", { maximumFractionDigits: 1 });
}
