import { beforeAll, expect, test } from "bun:test";
import { UNSETTLED_MAX } from "../../src/limits.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { createFlights } from "../support/flights.ts";
import { type KeptDelivery, type KeptState, keptState } from "../support/kept-state.ts";
import { type Load, startLoad } from "../support/load.ts";
import { emptyPlace } from "../support/place.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const ROUNDS = 10;
const EVENTS_PER_SECOND = 250;
const TYPES = ["resume.created", "user.registered", "resume.updated", "ai.analysis_completed"];
const RECOVERY_MAX_MS = 2_000;
const IN_FLIGHT_PER_WEBHOOK = 16;
const SETTINGS = { ...LOOPBACK_ALLOWED, POSTHORN_CONCURRENCY_PER_WEBHOOK: String(IN_FLIGHT_PER_WEBHOOK) };

/** Webhooks by the path of their URL, each with what it subscribes to, in both notations. */
const WEBHOOKS = [
  { path: "/quick", events: ["*"], takes: /./, finalState: "delivered", finalAttempts: 1 },
  { path: "/slow", events: ["resume.*"], takes: /^resume\./, finalState: "delivered", finalAttempts: 1 },
  { path: "/second-try", events: ["ai.*"], takes: /^ai\./, finalState: "delivered", finalAttempts: 2 },
  { path: "/failing", events: ["user.registered"], takes: /^user\./, finalState: "failed", finalAttempts: 3 },
] as const;
const SCHEDULE = ["100ms", "200ms"];

test(`${ROUNDS} times kill -9 under load: nothing acknowledged is lost, nothing is sent that was not posted`, async () => {
  const random = createSeededRandom(Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32)));
  process.stdout.write(`SEED=${random.seed} repeats the moments of these kills\n`);
  using place = emptyPlace();
  const leftByKills: KeptState[] = [];
  const attempts = createFlights();
  /** A delivery in the hands of one process: what an earlier one had begun is cut off by its end. */
  const nameOf = ({ headers }: ReceivedRequest) => `${headers["x-smartcv-delivery"]} of start ${leftByKills.length}`;
  const names = new Set<string>();
  await using receiver = startReceiver(async (request) => {
    const name = nameOf(request);
    names.add(name);
    const ended = attempts.start(name);
    const status = await answer(request);
    ended();
    return status;
  });
  await using processes = new AsyncDisposableStack();
  const start = async () => processes.use(await startBinary(place, SETTINGS));
  let posthorn = await start();
  const pathById = await makeWebhooks(posthorn, receiver);
  const load = startLoad(poster(posthorn), { perSecond: EVENTS_PER_SECOND, types: TYPES });

  for (let round = 0; round < ROUNDS; round++) {
    await Bun.sleep(random.between(100, 1_000));
    posthorn.signal("SIGKILL");
    expect((await posthorn.ended).exitCode).toBe(128 + 9);
    await until("the receiver has answered what had arrived", () => attempts.now() === 0);
    leftByKills.push(keptState(place.dataDir));
    if (round === ROUNDS - 1) await load.stop();
    const before = receiver.requests.length;
    const startedAt = performance.now();
    posthorn = await start();
    load.aim(poster(posthorn));
    await until("work goes on", () => receiver.requests.length > before);
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MAX_MS);
  }

  await nothingPending(posthorn);
  posthorn.signal("SIGTERM");
  expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });

  const kept = keptState(place.dataDir);
  expect(leftByKills.flatMap(({ damage }) => damage)).toEqual([]);
  expect(leftByKills.flatMap(({ deliveries }) => deliveries).filter(isImpossible)).toEqual([]);
  expect(kept.damage).toEqual([]);
  expectNothingLost(kept, load, pathById);
  expectOnlyWhatWasPosted(receiver.requests, kept, load);
  expect([...names].filter((name) => attempts.most(name) > 1)).toEqual([]);
  expectDuplicatesOnlyFromKills(receiver.requests, kept, leftByKills);
}, 60_000);

async function answer({ path, headers }: ReceivedRequest): Promise<number> {
  if (path === "/slow") await Bun.sleep(60);
  if (path === "/second-try") return headers["x-smartcv-attempt"] === "1" ? 503 : 200;
  return path === "/failing" ? 500 : 200;
}

function poster(posthorn: Binary): Parameters<typeof startLoad>[0] {
  return (event) => posthorn.api("POST", "/api/events", event);
}

async function makeWebhooks(posthorn: Binary, { origin }: Receiver): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { path, events } of WEBHOOKS) {
    const webhook = { url: `${origin}${path}`, events, retry_schedule: SCHEDULE };
    const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
    paths.set(data.id, path);
  }
  return paths;
}

/** At any moment a delivery is delivered, or due at a time, or has failed with all its attempts. */
function isImpossible({ state, attempts, dueAt }: KeptDelivery): boolean {
  if (state === "pending") return dueAt === null || attempts > SCHEDULE.length;
  return state === "failed" ? attempts !== SCHEDULE.length + 1 : state !== "delivered";
}

/** Every event that is there has exactly one delivery for each webhook that matches, with the end that the receiver gave it. */
function expectNothingLost({ events, deliveries }: KeptState, load: Load, paths: ReadonlyMap<string, string>): void {
  expect(load.acknowledged.size).toBeGreaterThan(ROUNDS * 10);
  expect([...load.acknowledged].filter((id) => !events.has(id))).toEqual([]);
  const found = deliveries.map(
    ({ event, webhook, state, attempts }) => `${event} ${paths.get(webhook)} ${state} after ${attempts}`,
  );
  const wanted = [...events].flatMap(([id, type]) =>
    WEBHOOKS.filter(({ takes }) => takes.test(type)).map(
      ({ path, finalState, finalAttempts }) => `${id} ${path} ${finalState} after ${finalAttempts}`,
    ),
  );
  expect(found.sort()).toEqual(wanted.sort());
}

function expectOnlyWhatWasPosted(requests: readonly ReceivedRequest[], { events }: KeptState, { posted }: Load): void {
  const bodies = new Map<string, Set<string>>();
  for (const { body } of requests) {
    const { id }: { id: string } = JSON.parse(body);
    bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
  }
  expect([...bodies.keys()].filter((id) => !posted.has(id) || !events.has(id))).toEqual([]);
  expect([...bodies].filter(([, versions]) => versions.size > 1)).toEqual([]);
}

/** A request that left no attempt row was in flight, or not yet settled, at a kill: its delivery was pending there. */
function expectDuplicatesOnlyFromKills(
  requests: readonly ReceivedRequest[],
  { deliveries }: KeptState,
  leftByKills: readonly KeptState[],
): void {
  const received = Map.groupBy(requests, ({ headers }) => headers["x-smartcv-delivery"] ?? "");
  const pending = leftByKills.map((left) => left.deliveries.filter(({ state }) => state === "pending"));
  const killsWhilePending = Map.groupBy(
    pending.flatMap((left) => left.map(({ id }) => id)),
    (id) => id,
  );
  const surplus = deliveries.map(({ id, attemptRows }) => ({
    id,
    count: (received.get(id)?.length ?? 0) - attemptRows,
  }));
  expect(surplus.filter(({ count }) => count < 0)).toEqual([]);
  expect(surplus.filter(({ id, count }) => count > (killsWhilePending.get(id)?.length ?? 0))).toEqual([]);
  const duplicates = surplus.reduce((sum, { count }) => sum + count, 0);
  expect(duplicates).toBeLessThanOrEqual(ROUNDS * (WEBHOOKS.length * IN_FLIGHT_PER_WEBHOOK + UNSETTLED_MAX));
  process.stdout.write(`${requests.length} requests, of which ${duplicates} were in flight at a kill and sent again\n`);
}
