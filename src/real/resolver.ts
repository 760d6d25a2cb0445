import { Resolver as Channel } from "node:dns/promises";
import {
  DNS_BURST_MAX,
  DNS_BURST_MS,
  DNS_CACHE_MAX,
  DNS_LOOK_UP_MAX_MS,
  DNS_QUERY_MS,
  DNS_SERVERS_MS,
  DNS_TRIES,
} from "../limits.ts";
import type { Millis, Resolution, ResolvedAddress, Resolver } from "../world.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { areDescriptorsSpent } from "./descriptors.ts";
import { openHostsFile } from "./hosts-file.ts";
import { createPace } from "./pace.ts";

export interface ResolverOptions {
  /** Instead of the system's. */
  readonly hostsFile?: string;
  /** `address:port` of the name servers, instead of the system's. */
  readonly servers?: readonly string[];
  /** How long the list of name servers is trusted. */
  readonly serversMs?: Millis;
  /** When a look-up is given up at the latest. */
  readonly lookUpMaxMs?: Millis;
  /** Gives a descriptor up that somebody else holds for later; false when nobody does. */
  readonly makeRoom?: () => boolean;
  /** Where that came from, perhaps. */
  readonly reserve?: Pick<DescriptorReserve, "refill">;
}

/**
 * Looks names up as the system does, hosts file first, but never blocks: `getaddrinfo` would hold a thread for every slow
 * name and tells no lifetimes. The search list of `resolv.conf` is not used: a name means the same everywhere.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const hosts = openHostsFile(options.hostsFile);
  const channels = openChannels(options);
  const { lookUpMaxMs = DNS_LOOK_UP_MAX_MS, makeRoom = () => false } = options;
  // Not so many at the same time, but not at once: then slow names hold up no others, and a thousand of them drown none.
  const pace = createPace({ groupMax: DNS_BURST_MAX, everyMs: DNS_BURST_MS });

  async function ask(hostname: string): Promise<Resolution> {
    await pace.turn();
    const asking = askBoth(channels, hostname);
    // Known only now, right behind the attempt to open a socket: that is called a refused connection, and told later.
    const isWithoutDescriptor = areDescriptorsSpent();
    const found = await within(lookUpMaxMs, asking);
    options.reserve?.refill();
    if (found.ok || found.reason !== "failed" || !isWithoutDescriptor) return found;
    return { ok: false, reason: "no_descriptors" };
  }

  return {
    async resolve(hostname) {
      const listed = await hosts.find(hostname);
      const known = listed.length > 0 ? listed : loopbackFor(hostname);
      if (known.length > 0) return { ok: true, addresses: known.map((address) => ({ address, ttlMs: 0 })) };
      const found = await ask(hostname);
      return isUnasked(found) && makeRoom() ? ask(hostname) : found;
    },
  };
}

function isUnasked(found: Resolution): boolean {
  return !found.ok && found.reason === "no_descriptors";
}

/** RFC 6761 §6.3: `localhost` is answered by the resolver itself and is never asked of a server. */
function loopbackFor(hostname: string): readonly string[] {
  return hostname === "localhost" || hostname.endsWith(".localhost") ? ["127.0.0.1", "::1"] : [];
}

interface Channels {
  /** The one that is to be asked for `hostname`. */
  of(hostname: string): Channel;
  /** There is no such name now. The channel that said so would say it again without asking, for as long as the zone allows. */
  distrust(hostname: string): void;
}

/**
 * Queries run side by side on one channel, so a slow server for one name holds up no other, and it remembers which server is
 * dead. It knows the name servers of the moment it was made, and never forgets that a name has no address of a family; hence
 * a new one now and then: the machine may have joined another network, and the name have got one.
 */
function openChannels({ servers, serversMs = DNS_SERVERS_MS }: ResolverOptions): Channels {
  const distrusted = new Set<string>();
  let current: Channel | null = null;
  let goodUntil = 0;

  function renew(): Channel {
    distrusted.clear();
    goodUntil = performance.now() + serversMs;
    return openChannel(servers);
  }

  return {
    of(hostname) {
      if (distrusted.has(hostname)) return openChannel(servers);
      if (current === null || performance.now() >= goodUntil) current = renew();
      return current;
    },
    distrust(hostname) {
      distrusted.add(hostname);
      if (distrusted.size > DNS_CACHE_MAX) current = null;
    },
  };
}

function openChannel(servers: readonly string[] | undefined): Channel {
  const channel = new Channel({ timeout: DNS_QUERY_MS, tries: DNS_TRIES });
  if (servers !== undefined) channel.setServers(servers);
  return channel;
}

async function askBoth(channels: Channels, hostname: string): Promise<Resolution> {
  const channel = channels.of(hostname);
  const families = await Promise.all([
    addressesOf(channel.resolve4(hostname, { ttl: true })),
    addressesOf(channel.resolve6(hostname, { ttl: true })),
  ]);
  const found = combine(families);
  if (!found.ok && found.reason === "not_found") channels.distrust(hostname);
  return found;
}

/**
 * One family is enough, also when the other failed instead of having no addresses (servers that choke on AAAA are common).
 * That is safe: only addresses of this answer are ever connected to, and each of them is judged; an address that a server
 * withheld cannot be met. Only when nothing came is it told apart why.
 */
function combine(families: readonly Resolution[]): Resolution {
  const addresses = families.flatMap((family) => (family.ok ? family.addresses : []));
  if (addresses.length > 0) return { ok: true, addresses };
  const failed = families.some((family) => !family.ok && family.reason === "failed");
  return { ok: false, reason: failed ? "failed" : "not_found" };
}

async function addressesOf(query: Promise<readonly { address: string; ttl: number }[]>): Promise<Resolution> {
  try {
    return { ok: true, addresses: (await query).map(toResolved) };
  } catch (error) {
    return { ok: false, reason: isAbsent(error) ? "not_found" : "failed" };
  }
}

function toResolved({ address, ttl }: { address: string; ttl: number }): ResolvedAddress {
  return { address, ttlMs: ttl * 1_000 };
}

const ABSENT: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && ABSENT.has(error.code);
}

const FAILED: Resolution = { ok: false, reason: "failed" };

/** The last word on a look-up: it always ends with an answer, whatever becomes of its queries. */
function within(maxMs: Millis, looking: Promise<Resolution>): Promise<Resolution> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(FAILED), maxMs);
    const answer = (resolution: Resolution) => {
      clearTimeout(timer);
      resolve(resolution);
    };
    looking.then(answer, () => answer(FAILED));
  });
}
