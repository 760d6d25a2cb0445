import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { median } from "../statistics.ts";
import { openTimed, type StoreCosts } from "../store-costs.ts";
import { type Posthorn, startPosthorn } from "../subjects/posthorn.ts";
import { type Prepared, prepared } from "../template.ts";

const PATH = "/growth";
const SMALL = 10_000;
const LARGE = 10_000_000;
const DATA_BYTES = 64;
const DAY_MS = 86_400_000;
const TYPES = ["resume.created", "resume.updated", "resume.deleted", "user.registered"] as const;
/** Of each verb and each page, for each of the two; the first ones only warm up. */
const SAMPLES = 100;
const WARM_UP_SAMPLES = 20;
const FACTOR = 1.2;

const grown = (what: string) => ({ what, unit: "×", better: "less", goal: FACTOR }) as const;

export const growth: Row = {
  name: "growth",
  what: "Cost with 10,000,000 finished deliveries, of that with 10,000",
  bars: [grown("accept"), grown("claim"), grown("settle"), grown("the page that grew most")],
  async run(bench) {
    await using receiver = await startReceiver(bench);
    const of = (count: number) => filled(bench, receiver, Math.ceil(count));
    const small = await of(SMALL);
    const large = await of(Math.max(SMALL, LARGE * bench.options.scale));
    const verbs = await verbRatios(small, large);
    const pages = await pageRatios(bench, small, large);
    const [worstPage = "no page", worst = 0] = Object.entries(pages).toSorted(([, a], [, b]) => b - a)[0] ?? [];
    return {
      figures: { ...verbs, [worstPage]: worst },
      values: [verbs.accept, verbs.claim, verbs.settle, worst],
      details: pages,
    };
  },
};

function filled(bench: Bench, receiver: Awaited<ReturnType<typeof startReceiver>>, count: number): Promise<Prepared> {
  return prepared(bench, {
    ...{ receiver, webhooks: [{ url: `${receiver.origins[0]}${PATH}`, events: [...TYPES] }], dataBytes: DATA_BYTES },
    ...{ count, state: "finished", from: Date.now() - 20 * DAY_MS, until: Date.now() - DAY_MS, types: TYPES },
  });
}

/** The two take turns, so that what drifts, drifts for both. */
async function verbRatios(small: Prepared, large: Prepared): Promise<StoreCosts> {
  const open = ({ options }: Prepared) => openTimed(join(options.directory, "data"), TYPES[0]);
  await using one = await open(small);
  await using other = await open(large);
  const [ones, others] = await inTurns(one.group, other.group);
  const ratio = (verb: keyof StoreCosts) =>
    median(others.map((costs) => costs[verb])) / median(ones.map((costs) => costs[verb]));
  return { accept: ratio("accept"), claim: ratio("claim"), settle: ratio("settle") };
}

async function pageRatios(bench: Bench, small: Prepared, large: Prepared): Promise<Readonly<Record<string, number>>> {
  await using one = await startPosthorn(bench, small.options);
  await using other = await startPosthorn(bench, large.options);
  const ratios: Record<string, number> = {};
  for (const query of QUERIES) {
    const ask =
      (posthorn: Posthorn, { webhookIds }: Prepared) =>
      () =>
        timeOf(posthorn, query.replace("{id}", webhookIds[0] ?? ""));
    const [ones, others] = await inTurns(ask(one, small), ask(other, large));
    ratios[query.replace("/api/webhooks/{id}", "")] = median(others) / median(ones);
  }
  return ratios;
}

const LOGS = "/api/webhooks/{id}/logs";
const QUERIES = [
  LOGS,
  `${LOGS}?limit=200`,
  ...["delivered", "failed", "pending", "cancelled", "sending"].map((status) => `${LOGS}?status=${status}`),
  `${LOGS}?event_type=${TYPES[1]}`,
  `${LOGS}?event_type=${TYPES[1]}&status=failed`,
  `${LOGS}?event_type=${TYPES[1]}&status=pending`,
  `${LOGS}?event_type=no.such_type`,
  "/api/events",
  `/api/events?event_type=${TYPES[2]}`,
];

async function timeOf({ api }: Posthorn, path: string): Promise<number> {
  const begun = performance.now();
  await api("GET", path);
  return performance.now() - begun;
}

async function inTurns<Sample>(
  one: () => Promise<Sample>,
  other: () => Promise<Sample>,
): Promise<readonly [readonly Sample[], readonly Sample[]]> {
  const [ones, others]: [Sample[], Sample[]] = [[], []];
  for (let turn = 0; turn < SAMPLES; turn++) {
    ones.push(await one());
    others.push(await other());
  }
  return [ones.slice(WARM_UP_SAMPLES), others.slice(WARM_UP_SAMPLES)];
}
