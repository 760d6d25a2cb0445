import { readFileSync, writeFileSync } from "node:fs";

const KB_PER_MB = 1_024;

/** The resident memory of a process, as Linux counts it. */
export class MemoryWatch {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  get residentMb(): number {
    return this.#read("VmRSS");
  }

  /** The most since the last `forgetPeak`, by the kernel's own high-water mark: no sample is needed, and none is missed. */
  get peakMb(): number {
    return this.#read("VmHWM");
  }

  /** proc_pid_clear_refs(5): 5 sets the high-water mark to what is resident now. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.#pid}/clear_refs`, "5");
  }

  #read(field: string): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]) / KB_PER_MB;
  }
}
