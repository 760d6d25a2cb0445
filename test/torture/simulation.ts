import { simulate } from "../simulation/simulate.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

const DAYS = { short: 50, full: 5_000 };
const HOURS = 24;

/** Days of faults on a fake clock, each from a seed of its own: the one that is chosen, and those that follow it. */
export const simulation: Suite = {
  name: "simulation",
  describe: "simulated days of faults, judged step by step",
  run,
};

async function run({ seed, full }: SuiteOptions): Promise<Figures> {
  const days = full ? DAYS.full : DAYS.short;
  const total = { lives: 0, acknowledged: 0, requests: 0, checks: 0 };
  const tell = progress("days", days);
  for (let day = 0; day < days; day++) {
    const figures = await simulate({ seed: seed + day, hours: HOURS }).catch((error: unknown) => {
      throw new Error(`SEED=${seed + day} repeats this failure: ${String(error)}`, { cause: error });
    });
    for (const name of ["lives", "acknowledged", "requests", "checks"] as const) total[name] += figures[name];
    tell(day + 1);
  }
  return {
    "simulated days": days,
    "processes started": total.lives,
    "events acknowledged": total.acknowledged,
    "requests sent": total.requests,
    "checks made": total.checks,
    "promises broken": 0,
  };
}
