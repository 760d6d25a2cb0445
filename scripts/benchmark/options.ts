import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

/** What a run of the benchmark was asked for. */
export interface Options {
  /** Of one run of a load. */
  readonly seconds: number;
  /** How often a measure is repeated; the table shows medians. */
  readonly runs: number;
  /** What the large rows are multiplied with: 1 is a million deliveries. */
  readonly scale: number;
  /** Names of rows; all of them when empty. */
  readonly rows: readonly string[];
  /** Leaves out the yardstick that needs Redis, Node and packages of its own. */
  readonly noQueue: boolean;
  /** Measures although the machine is busy. */
  readonly anyway: boolean;
  /** Puts the table into README.md. */
  readonly readme: boolean;
  /** Where the JSON goes; null: a new file among the temporary ones. */
  readonly json: string | null;
  /** Where the databases are made. */
  readonly directory: string;
}

/** What figures for others come from. */
export const STANDARD = { seconds: 10, runs: 5, scale: 1 } as const;
const QUICK = { seconds: 2, runs: 1, scale: 0.01 } as const;

export const USAGE = `scripts/bench measures Posthorn on this machine, beside two yardsticks, and prints one table.

  --row NAME      only this row; may be given again (--list shows them)
  --list          names the rows and ends
  --seconds N     length of one run (10)
  --runs N        runs of each measure, of which the median is shown (5)
  --scale N       factor of the large rows (1: a million deliveries)
  --quick         the same as --seconds 2 --runs 1 --scale 0.01
  --no-queue      without the yardstick that needs Redis, Node and packages of its own
  --anyway        measures although the machine is busy
  --json FILE     where the figures go as JSON (a temporary file)
  --dir DIRECTORY where the databases are made; on a disk, not in memory (the system's temporary directory)
  --readme        puts the table into README.md
`;

export type Asked =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "list" | "help" }
  | { readonly kind: "mistake"; readonly message: string };

/** Understands the command line. `rows` are the names that there are. */
export function parseOptions(args: readonly string[], rows: readonly string[]): Asked {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
    if (values.help) return { kind: "help" };
    if (values.list) return { kind: "list" };
    const unknown = (values.row ?? []).find((name) => !rows.includes(name));
    if (unknown !== undefined) throw new Error(`There is no row "${unknown}": ${rows.join(", ")}.`);
    const otherwise = values.quick ? QUICK : STANDARD;
    return {
      kind: "run",
      options: {
        seconds: positive("--seconds", values.seconds, otherwise.seconds),
        runs: Math.ceil(positive("--runs", values.runs, otherwise.runs)),
        scale: positive("--scale", values.scale, otherwise.scale),
        rows: values.row ?? [],
        noQueue: values["no-queue"] ?? false,
        anyway: values.anyway ?? false,
        readme: values.readme ?? false,
        json: values.json ?? null,
        directory: values.dir ?? tmpdir(),
      },
    };
  } catch (error) {
    return { kind: "mistake", message: error instanceof Error ? error.message : String(error) };
  }
}

const FLAGS = {
  row: { type: "string", multiple: true },
  list: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  seconds: { type: "string" },
  runs: { type: "string" },
  scale: { type: "string" },
  quick: { type: "boolean" },
  "no-queue": { type: "boolean" },
  anyway: { type: "boolean" },
  json: { type: "string" },
  dir: { type: "string" },
  readme: { type: "boolean" },
} as const;

function positive(flag: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${flag} takes a number above 0, not "${text}".`);
}
