import assert from "node:assert/strict";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { type FaultyDisk, faultyDisk } from "../support/faulty-disk.ts";
import { keptState } from "../support/kept-state.ts";
import { startLoad } from "../support/load.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { shimProblem } from "../support/shim.ts";
import { until } from "../support/until.ts";
import { Posts } from "./posts.ts";
import { Spread } from "./spread.ts";
import { type Figures, progress, type Suite, type SuiteOptions } from "./suite.ts";

const MB = 1_024 * 1_024;
const RESERVE_BYTES = 64 * MB;
const PLENTY_BYTES = 1_024 * MB;
const ROUNDS = { short: 4, full: 200 };
const EVENTS_PER_SECOND = 200;
const BACK_AT_WORK_MAX_MS = 5_000;

/** The disk fills up under load, by turns to the last byte and to the reserve, and has room again. */
export const diskFull: Suite = {
  name: "disk-full",
  describe: "a full disk: events are refused and not stored, readers are answered, and with room again all goes on",
  problem: shimProblem,
  run,
};

async function run({ seed, full }: SuiteOptions): Promise<Figures> {
  const random = createSeededRandom(seed);
  using disk = faultyDisk(PLENTY_BYTES);
  await using receiver = startReceiver();
  await using posthorn = await startBinary(disk, { ...LOOPBACK_ALLOWED, ...disk.settings });
  assert.equal((await makeWebhook(posthorn, receiver, "resume.*")).status, 201);
  const posts = new Posts(posthorn);
  const load = startLoad(posts.post, { perSecond: EVENTS_PER_SECOND, types: ["resume.created"] });
  const backMs = new Spread();
  const rounds = full ? ROUNDS.full : ROUNDS.short;
  const tell = progress("fillings", rounds);
  for (let round = 0; round < rounds; round++) {
    await posts.taken(random.between(20, 100));
    if (round % 2 === 0) await fillToTheLastByte(disk, posthorn, posts);
    else await fillToTheReserve(disk, posthorn, posts, receiver);
    backMs.add(await backAtWork(disk, posts));
    tell(round + 1);
  }
  await load.stop();
  await nothingPending(posthorn);
  posthorn.signal("SIGTERM");
  assert.deepEqual([(await posthorn.ended).exitCode, (await posthorn.ended).error], [0, ""]);
  posts.check(keptState(disk.dataDir));
  assert.deepEqual([...posts.refusals], ["503 storage_full 5"]);
  expectSentOnce(receiver, posts);
  assert.ok(backMs.worst < BACK_AT_WORK_MAX_MS, `back at work only after ${backMs.worst} ms`);
  return {
    "events acknowledged": posts.acknowledged.size,
    "events refused, none of them stored": posts.refused.size,
    "room again → an event is taken, ms": String(backMs),
  };
}

/** Nothing can be written any more, so nothing is promised. */
async function fillToTheLastByte(disk: FaultyDisk, posthorn: Binary, posts: Posts): Promise<void> {
  disk.become("full");
  await posts.aRefusal();
  await expectReadersAnswered(posthorn);
}

/** Events are refused, and everything else is done: what was taken is sent and settled, webhooks come and go. */
async function fillToTheReserve(disk: FaultyDisk, posthorn: Binary, posts: Posts, receiver: Receiver): Promise<void> {
  disk.pretendFree(RESERVE_BYTES - MB);
  await posts.aRefusal();
  await expectReadersAnswered(posthorn);
  await nothingPending(posthorn);
  const made = await makeWebhook(posthorn, receiver, "user.*");
  assert.equal(made.status, 201);
  assert.equal((await posthorn.api("DELETE", `/api/webhooks/${made.data.id}`)).status, 200);
}

async function backAtWork(disk: FaultyDisk, posts: Posts): Promise<number> {
  const begun = performance.now();
  disk.become("none");
  disk.pretendFree(PLENTY_BYTES);
  await posts.taken(1);
  return performance.now() - begun;
}

async function expectReadersAnswered(posthorn: Binary): Promise<void> {
  await until("/readyz says why", async () => {
    const { status, error } = await posthorn.api("GET", "/readyz");
    return status === 503 && /disk/.test(error?.message ?? "");
  });
  for (const path of ["/livez", "/health", "/api/events", "/api/webhooks"]) {
    assert.equal((await posthorn.api("GET", path)).status, 200, path);
  }
}

function makeWebhook(posthorn: Binary, { origin }: Receiver, types: string) {
  return posthorn.api<{ id: string }>("POST", "/api/webhooks", { url: `${origin}/hook`, events: [types] });
}

function expectSentOnce({ requests }: Receiver, { acknowledged }: Posts): void {
  const sent = requests.map(({ body }): string => JSON.parse(body).id);
  assert.deepEqual([...acknowledged.difference(new Set(sent))], [], "acknowledged and never sent");
  assert.equal(sent.length, new Set(sent).size, "sent twice although nothing crashed");
}
