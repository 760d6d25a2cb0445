import {
  type AddressRefusal,
  judgeAddress,
  type NetworkPolicy,
  type OwnTarget,
  ownPortsAt,
} from "../domain/address.ts";
import { putNewest } from "../domain/newest.ts";
import { type Blocked, judgeUrl, portOf, type Unresolved } from "../domain/url.ts";
import {
  CONNECT_ADDRESSES_MAX,
  DNS_CACHE_MAX,
  DNS_FAILURE_TTL_MS,
  DNS_TTL_MAX_MS,
  DNS_TTL_MIN_MS,
  JUDGED_URLS_MAX,
} from "../limits.ts";
import type { Clock, Millis, Resolution, Resolver } from "../world.ts";
import { createAnswerCache, type Found } from "./answer-cache.ts";

/** Leave to send, or the reason why not. Also an answer to "may this URL be saved?" (`UrlVerdict`). */
export type Passage = Passed | Blocked | Unresolved;

export interface Passed {
  readonly ok: true;
  /** Not to be changed: the next attempt at the same URL gets the same object. */
  readonly url: URL;
  /** Vetted literal addresses, IPv4 first, at most `CONNECT_ADDRESSES_MAX`. Nothing else may be connected to. */
  readonly addresses: readonly string[];
  /** What the look-up took; null when none was needed. */
  readonly dnsMs: Millis | null;
}

export interface Guard {
  /**
   * Judges a webhook's URL and every address that its name stands for now. To be asked before each attempt: an address is
   * vetted for this moment, and a name that was public when it was saved may have been turned inwards since. The answer is
   * there at once where no look-up is needed: for a literal address, and a name whose addresses are still good.
   */
  judge(rawUrl: string): Passage | Promise<Passage>;
  /** Posthorn is reached there as well, which could not be known before: these are no targets from now on. */
  shun(ownTargets: readonly OwnTarget[]): void;
}

/**
 * What was made of a URL's text. The policy is fixed, so it holds: all of the verdict where no name is looked up, and for a
 * name all but what its addresses say.
 */
type Judged = Passage | Named;

interface Named {
  readonly url: URL;
  readonly port: number;
  readonly name: string;
}

/** What was made of a name's addresses. The policy is fixed, so it holds as long as the addresses do. */
type Vetted = Vouched | Refused | Unresolved;

interface Vouched {
  readonly ok: true;
  readonly addresses: readonly string[];
  /** Where Posthorn itself answers at one of the addresses. */
  readonly ownPorts: readonly number[];
}

interface Refused {
  readonly ok: false;
  readonly kind: "refused";
  readonly refusal: AddressRefusal;
}

export function createGuard(parts: {
  readonly resolver: Resolver;
  readonly clock: Pick<Clock, "monotonic">;
  readonly policy: NetworkPolicy;
}): Guard {
  const { resolver, clock } = parts;
  const newNames = () =>
    createAnswerCache<Vetted>({
      ...{ clock, max: DNS_CACHE_MAX },
      find: async (name) => vetResolution(await resolver.resolve(name), policy),
    });
  const judgedUrls = new Map<string, Judged>();
  let policy = parts.policy;
  let names = newNames();

  function judgeText(rawUrl: string): Judged {
    const text = judgeUrl(rawUrl, policy);
    if (!text.ok) return text;
    const { url, host } = text;
    const port = portOf(url);
    const judged =
      host.kind === "name"
        ? { url, port, name: host.name }
        : passage(url, port, vet([host.address], policy), null, host.address);
    putNewest(judgedUrls, rawUrl, judged, JUDGED_URLS_MAX);
    return judged;
  }

  async function lookUp({ url, port, name }: Named): Promise<Passage> {
    const askedAt = clock.monotonic();
    const vetted = await names.find(name);
    return passage(url, port, vetted, Math.round(clock.monotonic() - askedAt));
  }

  return {
    judge(rawUrl) {
      const judged = judgedUrls.get(rawUrl) ?? judgeText(rawUrl);
      if ("ok" in judged) return judged;
      const known = names.fresh(judged.name);
      return known === undefined ? lookUp(judged) : passage(judged.url, judged.port, known, null);
    },
    shun(ownTargets) {
      policy = { ...policy, ownTargets: [...policy.ownTargets, ...ownTargets] };
      judgedUrls.clear();
      names = newNames();
    },
  };
}

function vetResolution(resolution: Resolution, policy: NetworkPolicy): Found<Vetted> {
  if (!resolution.ok || resolution.addresses.length === 0) {
    const isAsked = resolution.ok || resolution.reason !== "no_descriptors";
    return { answer: { ok: false, kind: "unresolved", isAsked }, ttlMs: DNS_FAILURE_TTL_MS };
  }
  const shortestMs = Math.min(...resolution.addresses.map(({ ttlMs }) => ttlMs));
  return {
    answer: vet(
      resolution.addresses.map(({ address }) => address),
      policy,
    ),
    ttlMs: Math.min(Math.max(shortestMs, DNS_TTL_MIN_MS), DNS_TTL_MAX_MS),
  };
}

/** One bad address among many is enough: whoever answers for the name chooses which of them is met. */
function vet(answers: readonly string[], policy: NetworkPolicy): Vouched | Refused {
  const addresses = [...new Set(answers)];
  for (const address of addresses) {
    const verdict = judgeAddress(address, policy);
    if (verdict !== "public" && verdict !== "allowed") return { ok: false, kind: "refused", refusal: verdict };
  }
  const isIpv6 = (address: string) => address.includes(":");
  return {
    ok: true,
    addresses: addresses.toSorted((a, b) => Number(isIpv6(a)) - Number(isIpv6(b))).slice(0, CONNECT_ADDRESSES_MAX),
    ownPorts: addresses.flatMap((address) => ownPortsAt(address, policy)),
  };
}

/** @param literal the address, when it stands in the URL: what a name resolves to is told to nobody */
function passage(url: URL, port: number, vetted: Vetted, dnsMs: Millis | null, literal?: string): Passage {
  if (!vetted.ok) return vetted.kind === "unresolved" ? vetted : blocked(vetted.refusal, literal);
  if (vetted.ownPorts.includes(port)) return { ok: false, kind: "blocked", rule: "own_address", openings: [] };
  return { ok: true, url, addresses: vetted.addresses, dnsMs };
}

function blocked(rule: AddressRefusal, literal?: string): Blocked {
  const entries = literal === undefined ? null : `${literal}/${literal.includes(":") ? 128 : 32}`;
  return { ok: false, kind: "blocked", rule, openings: [{ setting: "POSTHORN_ALLOW_PRIVATE_CIDRS", entries }] };
}
