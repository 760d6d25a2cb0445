import { DataDir } from "../../src/data-dir.ts";
import { wireBody } from "../../src/domain/event.ts";
import { newId } from "../../src/domain/ids.ts";
import { createClock } from "../../src/real/clock.ts";
import { createRandom } from "../../src/real/random.ts";
import type { ClaimedDelivery, NewEvent, ReadyDelivery, Settlement, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";

/** So many at once: enough that a sync of the disk, which costs the same in every database, does not hide all else. */
const GROUP = 64;

/** What the store's verbs took for one group, in ms. */
export interface StoreCosts {
  readonly accept: number;
  readonly claim: number;
  readonly settle: number;
}

/** A database, opened as the product opens it, whose verbs are timed. */
export interface TimedStore extends AsyncDisposable {
  /** A group of events on its way from the app to the final state. */
  group(): Promise<StoreCosts>;
}

export async function openTimed(directory: string, type: string): Promise<TimedStore> {
  const [random, clock] = [createRandom(), createClock()];
  const secretKey = DataDir.open(directory).secretKey(null, null, random);
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openStore({ dataDir: directory, secretKey, random, clock, onFatal });
  await store.recover(Date.now());
  return {
    group: () =>
      group(
        store,
        Array.from({ length: GROUP }, () => newEvent(type, random.bytes)),
      ),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

async function group(store: Store, events: readonly NewEvent[]): Promise<StoreCosts> {
  const [accept, ready] = await timed(() => Promise.all(events.map((event) => accepted(store, event))));
  // As they come from a seek: a payload that rides along would spare the claim its reading.
  const found = ready.flat().map(({ payload: _payload, ...rest }) => rest);
  const [claim, claimed] = await timed(() => store.claim(found));
  const [settle] = await timed(() => Promise.all(claimed.map((delivery) => store.settle(successOf(delivery)))));
  return { accept, claim, settle };
}

async function timed<Value>(act: () => Promise<Value>): Promise<readonly [ms: number, value: Value]> {
  const begun = performance.now();
  const value = await act();
  return [performance.now() - begun, value];
}

async function accepted(store: Store, event: NewEvent): Promise<readonly ReadyDelivery[]> {
  const ingested = await store.ingest(event);
  if (ingested.kind !== "accepted") throw new Error(`an event was ${ingested.kind}`);
  return ingested.deliveries;
}

function newEvent(type: string, bytes: (length: number) => Uint8Array): NewEvent {
  const at = Date.now();
  const wire = { id: newId("event", at, bytes(10)), type, createdAt: at - (at % 1_000), apiVersion: "2024-12-30" };
  const body = wireBody(wire, `{"padding":"${"x".repeat(50)}"}`);
  return { ...wire, tenant: "default", body, firstDeliveryId: newId("delivery", at, bytes(10)), dueAt: at };
}

function successOf({ lease, webhook }: ClaimedDelivery): Settlement {
  const body = new TextEncoder().encode("ok");
  return {
    lease,
    next: { to: "delivered" },
    attempt: {
      ...{ number: 1, startedAt: Date.now(), durationMs: 1, url: webhook.url, code: "success", error: null },
      statusCode: 200,
      signed: { timestampSeconds: Math.floor(Date.now() / 1_000), signatureHex: "0".repeat(64), customHeaderNames: [] },
      response: { headers: [["content-type", "text/plain"]], body, bodyEnd: "complete" },
      timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 1 },
    },
  };
}
