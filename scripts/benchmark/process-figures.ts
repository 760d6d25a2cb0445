import { readFileSync } from "node:fs";

/** Of `utime` and `stime`; Linux has 100 on every platform that Bun knows. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken so far, in user and system mode, all its threads (proc_pid_stat(5)). */
export function processorSeconds(pid: number): number {
  const [, afterName = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) (?!.*\) )/s);
  const fields = afterName.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
export interface Memory {
  readonly residentMb: number;
  /** The most that it ever was. */
  readonly peakMb: number;
}

/** Resident memory of a process, in MB of 1,024 × 1,024 bytes (proc_pid_status(5)). */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024;
  return { residentMb: megabytes("VmRSS"), peakMb: megabytes("VmHWM") };
}
