import type { ClaimedDelivery, Lease, ReadyDelivery, Seek, Settled, Store, WebhookKey } from "../../contract.ts";
import { flatten } from "../attempts.ts";
import type { ClaimRow } from "../deliveries.ts";
import type { SettleReply } from "../settle.ts";
import type { Claimed } from "../verbs.ts";
import type { FrontParts } from "./front-parts.ts";

type ClaimVerbs = Pick<Store, "recover" | "lanes" | "seek" | "claim" | "settle" | "release">;

export function claimVerbs(parts: FrontParts): ClaimVerbs {
  const { writes, reads, leases, backlog } = parts;
  return {
    recover: (now) =>
      writes.write({ verb: "recover", argument: now }, (lanes) => {
        backlog.forget();
        return lanes;
      }),
    lanes: () => reads.read({ verb: "lanes", argument: null }, (lanes) => lanes),
    seek: (seek) => seekFree(parts, seek),
    claim: (deliveries) => claimAll(parts, deliveries),

    async settle({ lease, attempt, next }) {
      const heldFor = leases.spend(lease);
      const argument = { delivery: lease.delivery, heldFor, attempt: flatten(attempt), next };
      try {
        return await writes.write({ verb: "settle", argument }, (reply) => settled(parts, lease, heldFor, reply));
      } catch (error) {
        if (heldFor !== null) leases.restore(lease);
        throw error;
      }
    },

    async release(lease, interrupted) {
      const heldFor = leases.spend(lease);
      const free = () => {
        if (heldFor !== null) leases.free(lease.delivery);
      };
      if (interrupted === undefined) return free();
      const argument = { delivery: lease.delivery, attempt: flatten(interrupted) };
      await writes.write({ verb: "release", argument }, free);
    },
  };
}

/**
 * Asks for as many more as are held, because those come too. Who holds what is looked up when the answer arrives, in the order
 * of the writes: a delivery that was settled after the table was read is held still. An answer is short only if there is no more.
 */
async function seekFree({ writes, leases, arrivals }: FrontParts, seek: Seek): Promise<readonly ReadyDelivery[]> {
  const { webhook, isRetry } = seek;
  for (;;) {
    const limit = seek.limit + leases.countOf(webhook);
    const { free, isAll } = await writes.write({ verb: "seek", argument: { ...seek, limit } }, (rows) => {
      const found = rows.filter(({ key }) => !leases.has(key));
      for (const { key, payload } of found) if (payload !== undefined) arrivals.add(key);
      return { free: found, isAll: rows.length < limit };
    });
    if (isAll || free.length >= seek.limit)
      return free.slice(0, seek.limit).map((row) => ({ ...row, webhook, isRetry }));
  }
}

interface Taken {
  readonly delivery: ReadyDelivery;
  readonly lease: Lease;
}

/** What is known already is claimed without a look at the table; the rest is taken first, then read in the order of the writes. */
async function claimAll(parts: FrontParts, deliveries: readonly ReadyDelivery[]): Promise<readonly ClaimedDelivery[]> {
  const claimed: ClaimedDelivery[] = [];
  const unread: Taken[] = [];
  for (const delivery of deliveries) {
    const lease = parts.leases.take(delivery.key, delivery.webhook);
    if (lease === null) continue;
    const known = knownClaim(parts, delivery, lease);
    if (known === null) unread.push({ delivery, lease });
    else claimed.push(known);
  }
  return unread.length === 0 ? claimed : [...claimed, ...(await readClaims(parts, unread))];
}

function knownClaim({ arrivals, webhooks }: FrontParts, delivery: ReadyDelivery, lease: Lease): ClaimedDelivery | null {
  const { key, payload } = delivery;
  const webhook = webhooks.get(delivery.webhook);
  if (!arrivals.take(key) || payload === undefined || webhook?.active !== true) return null;
  return { ...payload, lease, webhook, attempts: 0, isTest: false };
}

async function readClaims(parts: FrontParts, taken: readonly Taken[]): Promise<readonly ClaimedDelivery[]> {
  const keys = taken.map(({ delivery }) => delivery.key);
  const webhooks = [...new Set(taken.map(({ delivery }) => delivery.webhook))];
  try {
    return await parts.writes.write({ verb: "claim", argument: { keys, webhooks } }, (found) =>
      claimsOf(parts, taken, found),
    );
  } catch (error) {
    for (const key of keys) parts.leases.free(key);
    throw error;
  }
}

function claimsOf(parts: FrontParts, taken: readonly Taken[], found: Claimed): readonly ClaimedDelivery[] {
  const webhooks = new Map(found.webhooks.map((sealed) => [sealed.key, parts.webhooks.learn(sealed)]));
  const rows = new Map(found.rows.map((row) => [row.key, row]));
  const claimed: ClaimedDelivery[] = [];
  for (const { delivery, lease } of taken) {
    const row = rows.get(delivery.key);
    const webhook = webhooks.get(delivery.webhook);
    if (row === undefined || webhook === undefined) parts.leases.free(delivery.key);
    else claimed.push({ ...payloadOf(row), lease, webhook, attempts: row.attempts, isTest: false });
  }
  return claimed;
}

function payloadOf({ deliveryId, eventId, eventType, body }: ClaimRow) {
  return { deliveryId, eventId, eventType, body };
}

function settled(
  { leases, webhooks, backlog }: FrontParts,
  lease: Lease,
  heldFor: WebhookKey | null,
  reply: SettleReply,
): Settled {
  if (heldFor !== null) leases.free(lease.delivery);
  if (reply.kind === "lost") return reply;
  if (reply.state !== "pending") backlog.changeBy(-1);
  if (reply.changed !== null) webhooks.learn(reply.changed);
  return { kind: "kept", state: reply.state, dueAt: reply.dueAt };
}
