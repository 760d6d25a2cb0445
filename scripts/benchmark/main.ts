import { builtBinary } from "../../test/support/binary-build.ts";
import { Bench } from "./bench.ts";
import { doubtsAbout, machineHere } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { report } from "./report.ts";
import type { Result, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

const MISTAKE = 2;
const names = ROWS.map(({ name }) => name);
const asked = parseOptions(Bun.argv.slice(2), names);

if (asked.kind === "run") process.exit(await run(asked.options));
if (asked.kind === "help") say(USAGE);
if (asked.kind === "list") for (const { name, what } of ROWS) say(`${name.padEnd(16)} ${what}`);
if (asked.kind === "mistake") process.stderr.write(`${asked.message}\n`);
process.exit(asked.kind === "mistake" ? MISTAKE : 0);

/** The exit code: 0 when every bar that was measured was met, by its floor at least. */
async function run(options: Options): Promise<number> {
  const machine = machineHere();
  const doubts = doubtsAbout(machine, options.directory);
  for (const doubt of doubts) say(doubt);
  if (doubts.length > 0 && !options.anyway) {
    say("Nothing was measured; --anyway measures all the same.");
    return 1;
  }
  const binary = await builtBinary();
  using bench = new Bench(options, binary, say);
  endOnSignals(bench);
  const results: Result[] = [];
  for (const row of chosen(options)) results.push(await measured(row, bench));
  return report({ machine, doubts, options, results }, say) ? 0 : 1;
}

function chosen({ rows }: Options): readonly Row[] {
  return rows.length === 0 ? ROWS : ROWS.filter(({ name }) => rows.includes(name));
}

/** A row that fails is told of, and the others go on. */
async function measured(row: Row, bench: Bench): Promise<Result> {
  say(`${row.name}: ${row.what}`);
  const begun = performance.now();
  const seen = await row.run(bench).catch((error: unknown) => ({
    ...{ figures: {}, values: [] },
    failure: error instanceof Error ? error.message : String(error),
  }));
  return { row, ...seen, seconds: (performance.now() - begun) / 1_000 };
}

function endOnSignals(bench: Bench): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      bench[Symbol.dispose]();
      process.exit(1);
    });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
