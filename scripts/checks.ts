import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { added, NOTHING, readReport, type Tally } from "./test-report.ts";

const BUN = process.execPath;
/** A test that hangs in a hook is not ended by its own time limit. */
const TESTS_MAX_MS = 480_000;
/** A log file is read by people too. */
const COLOURS = process.stdout.isTTY ? "force" : "off";
const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["format and lint", [BUN, "--bun", "node_modules/.bin/biome", "ci", "--error-on-warnings", `--colors=${COLOURS}`]],
  ["types", [BUN, "--bun", "node_modules/.bin/tsc", "--noEmit"]],
  ["dead code", [BUN, "--bun", "node_modules/.bin/knip"]],
  ["build", ["scripts/build"]],
];

const args = Bun.argv.slice(2);
const checks = args.length > 0 ? [] : CHECKS.map(([name, command]) => runCheck(name, command));
const tally = [...checks, runTests(args)].reduce(added, NOTHING);
say(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed > 0 ? 1 : 0);

/** Counts as one; says nothing more than its time when all is well. */
function runCheck(name: string, command: readonly string[]): Tally {
  const begun = performance.now();
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { env: process.env });
  if (exitCode !== 0) say(`${stdout}${stderr}`);
  sayTime(exitCode === 0 ? "passed" : "FAILED", name, (performance.now() - begun) / 1_000);
  return { ...NOTHING, ...(exitCode === 0 ? { passed: 1 } : { failed: 1 }) };
}

function runTests(filters: readonly string[]): Tally {
  const directory = mkdtempSync(join(tmpdir(), "posthorn-checks-"));
  try {
    const path = join(directory, "junit.xml");
    const shown = filters.length > 0 ? [] : ["--only-failures"];
    const report = ["--reporter=junit", `--reporter-outfile=${path}`];
    const command = [BUN, "test", ...report, ...shown, ...filters];
    const { exitCode, exitedDueToTimeout } = Bun.spawnSync(command, {
      ...{ env: process.env, timeout: TESTS_MAX_MS },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (exitedDueToTimeout) say(`The tests hang: they were ended after ${TESTS_MAX_MS / 60_000} minutes.`);
    return tellTests(path, exitCode);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function tellTests(path: string, exitCode: number | null): Tally {
  const { tally, suites, skippedNames } = readReport(path);
  for (const { name, seconds } of suites) sayTime("tests", name, seconds);
  for (const name of skippedNames) say(`skipped: ${name}`);
  // A file that cannot be loaded has no line in the report.
  return exitCode !== 0 && tally.failed === 0 ? added(tally, { ...NOTHING, failed: 1 }) : tally;
}

function sayTime(what: string, name: string, seconds: number): void {
  say(`${what.padEnd(7)} ${name.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
