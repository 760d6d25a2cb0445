import { beforeAll, test } from "bun:test";
import { builtBinary } from "../support/binary-build.ts";
import { chosenSeed, report, type Suite } from "./suite.ts";

const BUILD_MAX_MS = 120_000;

/** Makes the short form of a suite a test, which prints the suite's seed and figures. */
export function shortForm(suite: Suite, { maxMs }: { readonly maxMs: number }): void {
  const problem = suite.problem?.() ?? null;
  beforeAll(async () => void (await builtBinary()), BUILD_MAX_MS);
  test.skipIf(problem !== null)(
    `${suite.describe}${problem === null ? "" : ` (${problem})`}`,
    async () => {
      const seed = chosenSeed();
      process.stdout.write(`${suite.name}: SEED=${seed} repeats this run\n`);
      const begun = performance.now();
      const figures = await suite.run({ seed, full: false });
      process.stdout.write(`${report(suite.name, seed, (performance.now() - begun) / 1_000, figures)}\n`);
    },
    maxMs,
  );
}
