import { describe, expect, test } from "bun:test";
import type { Webhook } from "../../src/domain/webhook.ts";
import type { Lease, Settlement, Store } from "../../src/store/contract.ts";
import { BrokenPromise, type PromiseName } from "./judge.ts";
import type { Sabotage } from "./sabotage.ts";
import { simulate } from "./simulate.ts";
import type { SlotLimits } from "./slots.ts";

const SEEDS = 5;
const HOURS = 12;

/** Faults put into the product, each with the promise that it breaks. */
const SABOTAGES: readonly { readonly fault: string; readonly breaks: PromiseName; readonly sabotage: Sabotage }[] = [
  { fault: "a fence that lets everybody pass", breaks: "lease", sabotage: { store: withoutFence } },
  { fault: "a wait that is half a second short", breaks: "due", sabotage: { store: withShortWaits } },
  { fault: "an outcome for what was cut off", breaks: "overlap", sabotage: { store: withCountedInterruptions } },
  { fault: "a fifth success", breaks: "verdict", sabotage: { store: withFifthSuccess } },
  { fault: "one attempt more than the schedule has", breaks: "verdict", sabotage: { store: withOneMoreAttempt } },
  { fault: "lanes that the poll forgets", breaks: "liveness", sabotage: { store: withForgottenLanes } },
  { fault: "claims that nobody hears of", breaks: "liveness", sabotage: { store: withLostClaims } },
  { fault: "webhooks as they were once", breaks: "current", sabotage: { store: withOldWebhooks } },
  { fault: "other bytes", breaks: "bytes", sabotage: { store: withOtherBytes } },
  { fault: "a retry that its lane believes due earlier", breaks: "gap", sabotage: { store: withHastyLanes } },
  { fault: "an acknowledgement of what is not stored", breaks: "kept", sabotage: { store: withFalseAnswers } },
  { fault: "an end that is not counted", breaks: "backlog", sabotage: { store: withUncountedEnd } },
  { fault: "an attempt that is made twice", breaks: "overlap", sabotage: { sender: twice } },
  { fault: "a rest that nobody gets", breaks: "rest", sabotage: { sender: withoutRests } },
  { fault: "more requests to a webhook than it may have", breaks: "limits", sabotage: { limits: withoutLaneLimit } },
  { fault: "more requests than there may be", breaks: "limits", sabotage: { limits: withoutTotalLimit } },
];

describe("the simulation sees", () => {
  test.each([...SABOTAGES])("$fault", async ({ breaks, sabotage }) => {
    expect(await firstBroken(sabotage)).toBe(breaks);
  });
});

async function firstBroken(sabotage: Sabotage): Promise<PromiseName | null> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const error: unknown = await simulate({ seed, hours: HOURS, sabotage }).then(
      () => null,
      (failure) => failure.cause,
    );
    if (error instanceof BrokenPromise) return error.promise;
    if (error !== null) throw error;
  }
  return null;
}

function withoutFence(store: Store): Store {
  const current = new Map<number, Lease>();
  return {
    ...store,
    claim: async (deliveries) => {
      const claimed = await store.claim(deliveries);
      for (const { lease } of claimed) current.set(lease.delivery, lease);
      return claimed;
    },
    settle: ({ lease, ...rest }) => store.settle({ lease: current.get(lease.delivery) ?? lease, ...rest }),
  };
}

function withNext(store: Store, change: (settlement: Settlement) => Settlement["next"]): Store {
  return { ...store, settle: (settlement) => store.settle({ ...settlement, next: change(settlement) }) };
}

function withShortWaits(store: Store): Store {
  return withNext(store, ({ next }) => (next.to === "pending" ? { ...next, dueAt: next.dueAt - 500 } : next));
}

function withFifthSuccess(store: Store): Store {
  return withNext(store, ({ attempt, next }) => (attempt.statusCode === 206 ? { to: "delivered" } : next));
}

function withOneMoreAttempt(store: Store): Store {
  return withNext(store, ({ attempt, next }) => {
    if (next.to !== "failed" || next.because !== "exhausted") return next;
    return { to: "pending", dueAt: attempt.startedAt + 5_000, waitMs: 5_000, because: "status" };
  });
}

function withCountedInterruptions(store: Store): Store {
  return {
    ...store,
    release: async (lease, interrupted) => {
      if (interrupted === undefined) return store.release(lease);
      const attempt = { ...interrupted, code: "timeout" } as const;
      await store.settle({ lease, attempt, next: { to: "failed", because: "exhausted" } });
    },
  };
}

function withForgottenLanes(store: Store): Store {
  return { ...store, lanes: async () => (await store.lanes()).filter(({ webhook }) => webhook % 2 === 0) };
}

function withLostClaims(store: Store): Store {
  let claims = 0;
  return { ...store, claim: async (deliveries) => (await store.claim(deliveries)).filter(() => ++claims % 50 !== 0) };
}

function withOldWebhooks(store: Store): Store {
  const first = new Map<number, Webhook>();
  return {
    ...store,
    claim: async (deliveries) =>
      (await store.claim(deliveries)).map((claimed) => {
        const webhook = first.get(claimed.webhook.key) ?? claimed.webhook;
        first.set(webhook.key, webhook);
        return { ...claimed, webhook };
      }),
  };
}

function withOtherBytes(store: Store): Store {
  return {
    ...store,
    claim: async (deliveries) =>
      (await store.claim(deliveries)).map((claimed) => ({ ...claimed, body: `${claimed.body} ` })),
  };
}

/** The table knows better. */
function withHastyLanes(store: Store): Store {
  return {
    ...store,
    settle: async (settlement) => {
      const settled = await store.settle(settlement);
      return "dueAt" in settled && settled.dueAt !== null ? { ...settled, dueAt: settled.dueAt - 300 } : settled;
    },
  };
}

function withFalseAnswers(store: Store): Store {
  let events = 0;
  return {
    ...store,
    ingest: async (event) => {
      if (++events % 50 !== 0) return store.ingest(event);
      return { kind: "duplicate", event: { ...event, row: 0, isTest: false, deliveries: 0 } };
    },
  };
}

function withUncountedEnd(store: Store): Store {
  return { ...store, pending: async () => (await store.pending()) + 1 };
}

function twice(sender: Parameters<NonNullable<Sabotage["sender"]>>[0]): typeof sender {
  return {
    deliver: async (delivery, responded) => {
      void sender.deliver(delivery, () => {});
      return sender.deliver(delivery, responded);
    },
  };
}

function withoutRests(sender: Parameters<NonNullable<Sabotage["sender"]>>[0]): typeof sender {
  return {
    deliver: (delivery, responded) => sender.deliver(delivery, (response) => responded({ ...response, holdMs: 0 })),
  };
}

function withoutLaneLimit(limits: SlotLimits): SlotLimits {
  return { ...limits, perWebhook: limits.perWebhook + 1 };
}

function withoutTotalLimit(limits: SlotLimits): SlotLimits {
  return { ...limits, total: limits.total + 1 };
}
