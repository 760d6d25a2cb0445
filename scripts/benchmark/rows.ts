import type { Row } from "./row.ts";
import { acceptLatency } from "./rows/accept-latency.ts";
import { arrivalLatency } from "./rows/arrival-latency.ts";
import { cpu } from "./rows/cpu.ts";
import { throughput } from "./rows/throughput.ts";

/** The table, in its order. */
export const ROWS: readonly Row[] = [throughput, cpu, acceptLatency, arrivalLatency];
