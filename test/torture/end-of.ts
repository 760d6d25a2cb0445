import type { Program, ProgramEnd } from "../support/program.ts";
import { until } from "../support/until.ts";

/** How a program ended that should do so by itself; fails with the name of what never came. */
export async function endOf({ ended }: Program, name: string): Promise<ProgramEnd> {
  const ends: ProgramEnd[] = [];
  void ended.then((end) => ends.push(end));
  return until(name, () => ends[0] ?? null);
}
