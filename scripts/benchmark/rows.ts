import type { Row } from "./row.ts";
import { acceptLatency } from "./rows/accept-latency.ts";
import { arrivalLatency } from "./rows/arrival-latency.ts";
import { backlog } from "./rows/backlog.ts";
import { cpu } from "./rows/cpu.ts";
import { disk } from "./rows/disk.ts";
import { fanOut } from "./rows/fan-out.ts";
import { growth } from "./rows/growth.ts";
import { hanging } from "./rows/hanging.ts";
import { hostile } from "./rows/hostile.ts";
import { memory } from "./rows/memory.ts";
import { pruning } from "./rows/pruning.ts";
import { throughput } from "./rows/throughput.ts";
import { tls } from "./rows/tls.ts";
import { tls400 } from "./rows/tls-400.ts";

/** The table, in its order. */
export const ROWS: readonly Row[] = [
  throughput,
  cpu,
  acceptLatency,
  arrivalLatency,
  fanOut,
  tls,
  tls400,
  backlog,
  growth,
  hanging,
  hostile,
  memory,
  disk,
  pruning,
];
