import { statfsSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** statfs(2) */
const TMPFS = 0x01021994;
/** Of the processors, before a figure would tell of others' work. */
const BUSY_SHARE = 0.25;

export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly load: number;
}

export function machineHere(): Machine {
  const all = cpus();
  const [load = 0] = loadavg();
  return {
    processors: all.length,
    model: all[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 1_024 ** 3),
    kernel: release(),
    load,
  };
}

/** Why nothing should be measured here and now, a sentence each. */
export function doubtsAbout({ load, processors }: Machine, directory: string): readonly string[] {
  const doubts: string[] = [];
  if (load > processors * BUSY_SHARE) {
    doubts.push(`The machine is busy: its load average is ${load.toFixed(2)}, with ${processors} processors.`);
  }
  if (statfsSync(directory).type === TMPFS) {
    doubts.push(`${directory} is in memory, where a sync costs nothing: choose a disk by --dir.`);
  }
  return doubts;
}
