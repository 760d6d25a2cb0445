import type { Row } from "../row.ts";
import { steady } from "../steady.ts";
import { compareLatency } from "./steady-latency.ts";

export const acceptLatency: Row = {
  name: "accept-latency",
  what: "From an event's due time to its 202, in ms, at 1,000 events a second (open loop)",
  bars: [
    { what: "p50 above bare", unit: "ms", better: "less", goal: 1.5 },
    { what: "p99 of bare", unit: "×", better: "less", goal: 5 },
  ],
  run: async (bench) => compareLatency(await steady(bench), ({ loaded }) => loaded.latency),
};
