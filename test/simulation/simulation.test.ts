import { describe, expect, test } from "bun:test";
import { forEachSeed } from "../support/seeded-random.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 50;
const HOURS = 24;
const ALL_MAX_MS = 180_000;

describe("a simulated day of faults", () => {
  test(
    `keeps every promise, with ${SEEDS} seeds`,
    async () => {
      const begun = performance.now();
      const total = { lives: 0, acknowledged: 0, requests: 0, checks: 0 };
      await forEachSeed(SEEDS, async (seed) => {
        const figures = await simulate({ seed, hours: HOURS });
        for (const name of ["lives", "acknowledged", "requests", "checks"] as const) total[name] += figures[name];
      });
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      const seeds = process.env["SEED"] ?? `1 to ${SEEDS}`;
      process.stdout.write(`simulation: ${seconds} s, SEED=${seeds}, ${JSON.stringify(total)}\n`);
      expect(total.acknowledged).toBeGreaterThan(0);
    },
    ALL_MAX_MS,
  );

  test("is the same one for the same seed", async () => {
    const [first, second, other] = [
      await simulate({ seed: 1, hours: 4 }),
      await simulate({ seed: 1, hours: 4 }),
      await simulate({ seed: 2, hours: 4 }),
    ];
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
  });
});
