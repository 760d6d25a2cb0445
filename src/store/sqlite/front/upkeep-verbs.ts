import type { Store } from "../../contract.ts";
import type { Tidied } from "../tidy.ts";
import type { FrontParts } from "./front-parts.ts";

type UpkeepVerbs = Pick<Store, "tidy" | "reclaim" | "stats" | "pending" | "probe" | "close">;

/** @param unlock gives the directory free, at the very end */
export function upkeepVerbs(parts: FrontParts, unlock: () => void): UpkeepVerbs {
  const { writes, reads, leases, arrivals, backlog } = parts;
  return {
    async tidy(options) {
      const argument = { ...options, held: leases.all() };
      const tidying = writes.write({ verb: "tidy", argument }, (tidied) => forget(parts, tidied));
      const { rows, more } = await arrivals.distrustWhile(tidying);
      return { rows, more };
    },
    reclaim: (maxPages) => writes.write({ verb: "reclaim", argument: maxPages }, (reclaimed) => reclaimed),
    stats: () => reads.read({ verb: "stats", argument: null }, (stats) => stats),
    async pending() {
      const known = backlog.pending;
      if (known !== null) return known;
      return writes.write({ verb: "countPending", argument: null }, (count) => {
        backlog.learn(count);
        return count;
      });
    },
    probe: (now) => writes.write({ verb: "keepFact", argument: { name: "probed_at", value: String(now) } }, () => {}),
    close: onceOnly(async () => {
      try {
        await Promise.all([writes.drain(), reads.close()]);
        await writes.close();
      } finally {
        unlock();
      }
    }),
  };
}

function forget({ webhooks, arrivals, credentials, backlog }: FrontParts, tidied: Tidied): Tidied {
  for (const key of tidied.webhooks) webhooks.forget(key);
  for (const key of tidied.cancelled) arrivals.forget(key);
  backlog.changeBy(-tidied.cancelled.length);
  credentials.forgetAll();
  return tidied;
}

/** Every call gets the outcome of the first. */
function onceOnly<Result>(act: () => Promise<Result>): () => Promise<Result> {
  let outcome: Promise<Result> | null = null;
  return () => {
    outcome ??= act();
    return outcome;
  };
}
