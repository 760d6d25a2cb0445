import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { type Posthorn, startPosthorn } from "../subjects/posthorn.ts";
import { prepared } from "../template.ts";
import { EVENT_TYPE, trial } from "../trial.ts";
import { waitFor } from "../wait.ts";

const PATH = "/pruning";
const ROWS = 1_000_000;
/** An event, its delivery, its attempt. */
const ROWS_EACH = 3;
const DAY_MS = 86_400_000;
const DATA_BYTES = 1_000;
const PRUNED_MAX_SECONDS = 900;

export const pruning: Row = {
  name: "pruning",
  what: "Accept p99 in ms at 1,000 events a second, while 1,000,000 rows are pruned and after it",
  bars: [{ what: "of the one after it", unit: "×", better: "less", goal: 2 }],
  async run(bench) {
    await using receiver = await startReceiver(bench);
    const { seconds, scale } = bench.options;
    const old = Date.now() - 60 * DAY_MS;
    const { options } = await prepared(bench, {
      ...{ receiver, webhooks: [{ url: `${receiver.origins[0]}${PATH}`, events: [EVENT_TYPE] }] },
      ...{ dataBytes: DATA_BYTES, count: Math.ceil((ROWS * scale) / ROWS_EACH), state: "finished" },
      ...{ from: old, until: old + DAY_MS, types: [EVENT_TYPE] },
    });
    // Pruning begins with the start.
    await using subject = await startPosthorn(bench, options);
    const load = { subject, receiver, path: PATH, seconds, pace: { perSecond: 1_000 } };
    const during = await trial(bench, load);
    const wasOver = subject.logged("pruned") !== null;
    const rows = await prunedRows(subject);
    const after = await trial(bench, load);
    return {
      figures: { during: during.loaded.latency.p99, after: after.loaded.latency.p99, "rows pruned": rows },
      values: [during.loaded.latency.p99 / after.loaded.latency.p99],
      ...(wasOver && { notes: ["pruning: it was over before the load was; take a larger --scale or fewer --seconds"] }),
    };
  },
};

async function prunedRows(subject: Posthorn): Promise<number> {
  const line = await waitFor("the end of the pruning", PRUNED_MAX_SECONDS, () => subject.logged("pruned"));
  return Number(line["rows"]);
}
