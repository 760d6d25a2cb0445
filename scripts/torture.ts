import { apiFuzz } from "../test/torture/api-fuzz.ts";
import { backups } from "../test/torture/backups.ts";
import { clock } from "../test/torture/clock.ts";
import { crowdingClients } from "../test/torture/crowding-clients.ts";
import { diskErrors } from "../test/torture/disk-errors.ts";
import { diskFull } from "../test/torture/disk-full.ts";
import { fewDescriptors } from "../test/torture/few-descriptors.ts";
import { hostileReceivers } from "../test/torture/hostile-receivers.ts";
import { killCycles } from "../test/torture/kill-cycles.ts";
import { killPoints } from "../test/torture/kill-points.ts";
import { powerLoss } from "../test/torture/power-loss.ts";
import { sigstop } from "../test/torture/sigstop.ts";
import { sigterm } from "../test/torture/sigterm.ts";
import { simulation } from "../test/torture/simulation.ts";
import { slowClients } from "../test/torture/slow-clients.ts";
import { chosenSeed, report, type Suite, type SuiteOptions } from "../test/torture/suite.ts";

const SUITES: readonly Suite[] = [
  killCycles,
  killPoints,
  powerLoss,
  diskFull,
  diskErrors,
  clock,
  sigterm,
  sigstop,
  apiFuzz,
  slowClients,
  crowdingClients,
  fewDescriptors,
  hostileReceivers,
  backups,
  simulation,
];

const args = Bun.argv.slice(2);
const names = args.filter((arg) => arg !== "--full");
const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  say(`There is no suite ${unknown.join(", ")}. There are:`);
  for (const { name, describe } of SUITES) say(`  ${name.padEnd(16)} ${describe}`);
  process.exit(2);
}
const chosen = SUITES.filter(({ name }) => names.length === 0 || names.includes(name));
const options: SuiteOptions = { seed: chosenSeed(), full: args.includes("--full") };
const ends: ("passed" | "failed" | "skipped")[] = [];
for (const suite of chosen) ends.push(await torture(suite, options));
const count = (wanted: string) => ends.filter((end) => end === wanted).length;
say(`\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
process.exit(count("failed") > 0 ? 1 : 0);

async function torture(suite: Suite, { seed, full }: SuiteOptions): Promise<(typeof ends)[number]> {
  const problem = suite.problem?.() ?? null;
  if (problem !== null) {
    say(`\n${suite.name}: skipped, ${problem}`);
    return "skipped";
  }
  say(`\n${suite.name}: ${suite.describe}`);
  say(`SEED=${seed} scripts/torture ${full ? "--full " : ""}${suite.name} repeats this run`);
  const begun = performance.now();
  try {
    const figures = await suite.run({ seed, full });
    say(report(suite.name, seed, (performance.now() - begun) / 1_000, figures));
    return "passed";
  } catch (error) {
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    say(
      `${suite.name}: FAILED after ${seconds} s, SEED=${seed}\n${error instanceof Error ? error.stack : String(error)}`,
    );
    return "failed";
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
