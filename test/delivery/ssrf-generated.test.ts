import { expect, test } from "bun:test";
import fc from "fast-check";
import { createGuard, type Passage, type Passed } from "../../src/delivery/guard.ts";
import { judgeAddress } from "../../src/domain/address.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { type HostileUrl, hostileUrl } from "../support/hostile-urls.ts";
import { isPublicElsewhere, isRefusedHereAlone } from "../support/independent-judge.ts";
import { createTableResolver } from "../support/table-resolver.ts";
import { chosenSeed } from "../torture/suite.ts";

const RUNS = 100_000;
const RUNS_MAX_MS = 60_000;

/** How many of the URLs must come to each end: a guard that refused everything would pass, and nothing be seen. */
const ENDS_MIN = {
  "address accepted": RUNS / 10,
  "name accepted": RUNS / 20,
  "address refused": RUNS / 10,
  "text refused": RUNS / 10,
  unresolved: 0,
};
type End = keyof typeof ENDS_MIN;

const CLOSED = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };

test(
  `of ${RUNS.toLocaleString("en")} hostile URLs, those that are accepted lead only to addresses that ipaddr.js calls public too`,
  async () => {
    const seed = chosenSeed();
    process.stdout.write(`hostile URLs: SEED=${seed} repeats this run\n`);
    const ends = new Map<End, number>();
    const property = fc.asyncProperty(hostileUrl, async (hostile) => {
      const passage = await judge(hostile);
      if (passage.ok) checkAccepted(passage, hostile);
      for (const address of hostile.answer) checkAlike(address);
      if (hostile.meant !== null) checkAlike(hostile.meant);
      const end = endOf(passage, hostile);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    });
    await fc.assert(property, { seed: seed | 0, numRuns: RUNS });
    process.stdout.write(`${[...ends].map(([end, count]) => `${count} ${end}`).join(", ")}\n`);
    const tooFew = Object.entries(ENDS_MIN).filter(([end, least]) => (ends.get(end as End) ?? 0) < least);
    expect(tooFew).toEqual([]);
  },
  RUNS_MAX_MS,
);

const clock = createFakeClock();

async function judge({ url, answer }: HostileUrl): Promise<Passage> {
  return await createGuard({ resolver: createTableResolver(clock, answer), clock, policy: CLOSED }).judge(url);
}

function endOf(passage: Passage, { meant }: HostileUrl): End {
  if (passage.ok) return meant === null ? "name accepted" : "address accepted";
  if (passage.kind === "unresolved") return "unresolved";
  return passage.openings.length > 0 ? "address refused" : "text refused";
}

function checkAccepted({ url, addresses }: Passed, { meant, answer }: HostileUrl): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isAddress = host !== url.hostname || /^[\d.]+$/.test(host);
  const candidates = isAddress ? [host] : answer;
  ensure(/^https?:$/.test(url.protocol) && url.port !== "0", `it became ${url}`);
  ensure(url.username + url.password === "", `it has credentials: ${url}`);
  ensure(addresses.length > 0, "there is nowhere to connect to");
  ensure(candidates.every(isPublicElsewhere), `one of ${candidates} is not public`);
  ensure(
    addresses.every((address) => candidates.includes(address)),
    `${addresses} are not all among ${candidates}`,
  );
  ensure(meant === null || meant === addresses.join(), `it means ${meant} and leads to ${addresses}`);
}

/** The two judges differ where it is written down that they do, and nowhere else. */
function checkAlike(address: string): void {
  const isPublicHere = judgeAddress(address, CLOSED) === "public";
  const isPublicThere = isPublicElsewhere(address) && !isRefusedHereAlone(address);
  ensure(isPublicHere === isPublicThere, `${address} is ${isPublicHere ? "" : "not "}public here alone`);
}

function ensure(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}
