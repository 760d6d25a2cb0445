import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import type { HostileProtocol } from "../hostile/protocol.ts";
import { startPart } from "../part.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { median } from "../statistics.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { type Trial, trial } from "../trial.ts";

const HEALTHY = 900;
const PATH = "/answered";
/** To the healthy webhooks; what goes to the others comes on top. */
const PER_SECOND = 1_000;
const TIMEOUT = "1s";

export const hostile: Row = {
  name: "hostile",
  what: "p99 from an event's due time to its arrival in ms, 1,000 events a second to healthy webhooks, while one in twelve goes to receivers that misbehave in every way",
  bars: [{ what: "of the p99 when there are none of these", unit: "×", better: "less", goal: 1.1 }],
  async run(bench) {
    const alone: Trial[] = [];
    const beset: Trial[] = [];
    for (let run = 1; run <= bench.options.runs; run++) {
      alone.push(await loaded(bench, null));
      beset.push(await besieged(bench));
    }
    const [none, some] = [p99Of(alone), p99Of(beset)];
    return { figures: { "none misbehaves": none, "some misbehave": some }, values: [some / none] };
  },
};

async function besieged(bench: Bench): Promise<Trial> {
  await using part = startPart<HostileProtocol>(bench, join(import.meta.dir, "../hostile/process.ts"));
  const { urls, trustedPem } = await part.call("open", null);
  const trusted = join(bench.directory("trusted"), "receivers.pem");
  writeFileSync(trusted, trustedPem);
  return await loaded(bench, { urls, trusted });
}

async function loaded(
  bench: Bench,
  enemies: { readonly urls: readonly string[]; readonly trusted: string } | null,
): Promise<Trial> {
  const { urls, trusted } = enemies ?? { urls: [], trusted: null };
  await using receiver = await startReceiver(bench);
  await using subject = await startPosthorn(bench, {
    settings: { POSTHORN_EVENT_TYPES: "any", ...(trusted !== null && { NODE_EXTRA_CA_CERTS: trusted }) },
  });
  const targets = [...Array.from({ length: HEALTHY }, () => `${receiver.origins[0]}${PATH}`), ...urls];
  const types = targets.map((_, at) => `benchmark.number-${at}`);
  await subject.subscribe(targets.map((url, at) => ({ url, events: [types[at] ?? ""], timeout: TIMEOUT })));
  // Whole turns through all webhooks: then the share is exact.
  const turnSeconds = HEALTHY / PER_SECOND;
  return await trial(bench, {
    ...{ subject, receiver, path: PATH, types },
    share: HEALTHY / targets.length,
    seconds: turnSeconds * Math.max(1, Math.round(bench.options.seconds / turnSeconds)),
    pace: { perSecond: targets.length / turnSeconds },
  });
}

function p99Of(trials: readonly Trial[]): number {
  return median(trials.map(({ arrival }) => arrival.p99));
}
