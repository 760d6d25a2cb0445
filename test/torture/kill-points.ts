import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { builtBinary } from "../support/binary-build.ts";
import { CRASH_POINTS } from "./crash-point.ts";
import { buildWith } from "./hooked-build.ts";
import { dieOnAnEventsWay } from "./kill-points-event.ts";
import { dieInUpkeep } from "./kill-points-upkeep.ts";
import type { Suite } from "./suite.ts";

/** What test builds hold, and the product does not. */
const TRACES = ["CRASH_POINT_FILE", ...CRASH_POINTS, "PRAGMA synchronous = NORMAL"];

export const killPoints: Suite = {
  name: "kill-points",
  describe:
    "kill -9 at chosen points: what is true afterwards is what is legal there, in a build that the product is not",
  run: async () => {
    using build = await buildWith("crash-points.ts");
    assert.deepEqual(tracesIn(await builtBinary()), [], "the product knows of crash points");
    assert(tracesIn(build.path).includes("CRASH_POINT_FILE"), "the search finds nothing in the test build either");
    const onTheWay = await dieOnAnEventsWay(build.path);
    const inUpkeep = await dieInUpkeep(build.path);
    const missed = new Set<string>(CRASH_POINTS).difference(new Set([...onTheWay, ...inUpkeep]));
    assert.deepEqual([...missed], [], "points without a legal outcome");
    return {
      "points on an event's way": onTheWay.length,
      "points in pruning, removal, migration": inUpkeep.length,
      lost: 0,
    };
  },
};

function tracesIn(binaryPath: string): readonly string[] {
  const bytes = readFileSync(binaryPath);
  return TRACES.filter((trace) => bytes.includes(trace) || bytes.includes(Buffer.from(trace, "utf16le")));
}
