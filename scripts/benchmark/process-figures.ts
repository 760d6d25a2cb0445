import { readFileSync } from "node:fs";

/** Of `utime` and `stime`; Linux has 100 on every platform that Bun knows. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken so far, in user and system mode, all its threads (proc_pid_stat(5)). */
export function processorSeconds(pid: number): number {
  const [, afterName = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) (?!.*\) )/s);
  const fields = afterName.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
