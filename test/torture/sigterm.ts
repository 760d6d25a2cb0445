import assert from "node:assert/strict";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { type KeptDelivery, keptState } from "../support/kept-state.ts";
import { emptyPlace } from "../support/place.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom, type SeededRandom } from "../support/seeded-random.ts";
import { until } from "../support/until.ts";
import type { Figures, Suite } from "./suite.ts";

const WEBHOOKS = 50;
/** A webhook begins with two requests at a time: of three events for each of them, the third waits. */
const EVENTS = 3;
const IN_FLIGHT = 100;
const DELIVERIES = WEBHOOKS * EVENTS;
/** Beyond a grace that was used up: for outcomes and for requests to the API, and for a machine that is busy with other things. */
const END_MAX_MS = 3_000;

export const sigterm: Suite = {
  name: "sigterm",
  describe: "SIGTERM with a hundred slow deliveries under way: none is sent twice without need, and none is lost",
  run: async ({ seed }) => {
    const random = createSeededRandom(seed);
    const patient = await terminate({ random, graceMs: 10_000, hanging: 0 });
    const strict = await terminate({ random, graceMs: 2_000, hanging: random.between(20, 80) });
    return { ...named("all answer within a grace of 10 s", patient), ...named("not all answer within 2 s", strict) };
  },
};

interface Termination {
  readonly random: SeededRandom;
  readonly graceMs: number;
  /** How many of the requests in flight are never answered. */
  readonly hanging: number;
}

interface Ending {
  readonly endedMs: number;
  readonly sentTwice: number;
}

async function terminate({ random, graceMs, hanging }: Termination): Promise<Ending> {
  using place = emptyPlace();
  const stopping = Promise.withResolvers<void>();
  await using receiver = startReceiver(async (_request, n) => {
    await stopping.promise;
    if (n <= hanging) return Promise.withResolvers<number>().promise;
    await Bun.sleep(random.between(50, 600));
    return 200;
  });
  const settings = { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: `${graceMs}ms` };
  await using first = await startBinary(place, settings);
  await makeWebhooks(first, receiver);
  for (let n = 0; n < EVENTS; n++) await first.api("POST", "/api/events", { type: "resume.created", data: { n } });
  await until("a hundred deliveries are under way", () => receiver.requests.length === IN_FLIGHT);

  const signalledAt = performance.now();
  first.signal("SIGTERM");
  await first.logged("Posthorn is stopping");
  stopping.resolve();
  const { exitCode, error } = await first.ended;
  const endedMs = performance.now() - signalledAt;
  assert.deepEqual({ exitCode, error }, { exitCode: 0, error: "" });
  assert(endedMs < graceMs + (hanging > 0 ? END_MAX_MS : 0), `it ended after ${endedMs} ms`);
  assert.equal(receiver.requests.length, IN_FLIGHT, "something was sent after SIGTERM");
  const left = keptState(place.dataDir);
  assert.deepEqual(left.damage, []);
  assert.deepEqual(census(left.deliveries), expectedCensus(hanging), "what it left on the disk");

  receiver.become([200]);
  await using second = await startBinary(place, LOOPBACK_ALLOWED);
  await nothingPending(second);
  second.signal("SIGTERM");
  assert.equal((await second.ended).exitCode, 0);
  const { deliveries } = keptState(place.dataDir);
  assert(deliveries.every(({ state, attempts }) => state === "delivered" && attempts === 1));
  return { endedMs, sentTwice: sentTwice(receiver.requests, hanging) };
}

async function makeWebhooks(posthorn: Binary, { origin }: Receiver): Promise<void> {
  for (let n = 0; n < WEBHOOKS; n++) {
    const { status } = await posthorn.api("POST", "/api/webhooks", { url: `${origin}/${n}`, events: ["*"] });
    assert.equal(status, 201);
  }
}

/** How many deliveries are in which state, with how many rows of attempts. */
function census(deliveries: readonly KeptDelivery[]): Readonly<Record<string, number>> {
  const named = deliveries.map(
    ({ state, attempts, attemptRows }) => `${state}, ${attempts} counted, ${attemptRows} rows`,
  );
  return Object.fromEntries([...Map.groupBy(named, (name) => name)].map(([name, { length }]) => [name, length]));
}

/** An answered one is settled, a cut off one left a row that does not count, the others were never begun. */
function expectedCensus(hanging: number): Readonly<Record<string, number>> {
  return {
    "delivered, 1 counted, 1 rows": IN_FLIGHT - hanging,
    "pending, 0 counted, 0 rows": DELIVERIES - IN_FLIGHT,
    ...(hanging > 0 && { "pending, 0 counted, 1 rows": hanging }),
  };
}

/** Exactly what was cut off comes again, as the same first attempt with the same bytes. */
function sentTwice(requests: readonly ReceivedRequest[], hanging: number): number {
  const byDelivery = Map.groupBy(requests, ({ headers }) => headers["x-smartcv-delivery"] ?? "");
  assert.equal(byDelivery.size, DELIVERIES);
  const repeated = [...byDelivery.values()].filter(({ length }) => length > 1);
  assert.equal(repeated.length, hanging, "deliveries that were sent twice");
  assert.equal(requests.length, DELIVERIES + hanging);
  for (const [first, again] of repeated) {
    assert(first !== undefined && first.number <= hanging, "an answered request was sent again");
    assert.equal(again?.body, first.body);
    assert.equal(again?.headers["x-smartcv-attempt"], "1");
  }
  return repeated.length;
}

function named(circumstance: string, { endedMs, sentTwice }: Ending): Figures {
  return {
    [`${circumstance}: ended after, ms`]: endedMs,
    [`${circumstance}: sent twice`]: sentTwice,
  };
}
