import type { Row } from "./row.ts";
import { acceptLatency } from "./rows/accept-latency.ts";
import { arrivalLatency } from "./rows/arrival-latency.ts";
import { cpu } from "./rows/cpu.ts";
import { disk } from "./rows/disk.ts";
import { fanOut } from "./rows/fan-out.ts";
import { memory } from "./rows/memory.ts";
import { throughput } from "./rows/throughput.ts";
import { tls } from "./rows/tls.ts";

/** The table, in its order. */
export const ROWS: readonly Row[] = [throughput, cpu, acceptLatency, arrivalLatency, fanOut, tls, memory, disk];
