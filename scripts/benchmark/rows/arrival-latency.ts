import type { Row } from "../row.ts";
import { steady } from "../steady.ts";
import { compareLatency } from "./steady-latency.ts";

export const arrivalLatency: Row = {
  name: "arrival-latency",
  what: "From an event's due time to its arrival at the receiver, in ms, at 1,000 events a second (open loop)",
  bars: [
    { what: "p50 above bare", unit: "ms", better: "less", goal: 2 },
    { what: "p99 of bare", unit: "×", better: "less", goal: 5 },
  ],
  run: async (bench) => compareLatency(await steady(bench), ({ arrival }) => arrival),
};
