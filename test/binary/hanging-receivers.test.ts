import { beforeAll, expect, test } from "bun:test";
import { type Binary, LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace } from "../support/place.ts";
import { startRawReceiver } from "../support/raw-receiver.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const SLOTS = 8;
/** Three quarters of the slots are for receivers of which nobody knows that they are quick. */
const HANGING_AT_ONCE = 6;
const HANGING = 3 * SLOTS;
/** No attempt ends while the test looks on. */
const SETTINGS = {
  ...LOOPBACK_ALLOWED,
  POSTHORN_CONCURRENCY: String(SLOTS),
  POSTHORN_CONCURRENCY_PER_WEBHOOK: String(SLOTS),
  POSTHORN_TIMEOUT: "1m",
  POSTHORN_SHUTDOWN_GRACE: "0s",
};

test("receivers that hang, three times as many as there are slots, hold up none that is quick", async () => {
  using place = emptyPlace();
  await using healthy = startReceiver();
  await using hanging = await startRawReceiver(async (connection) => void (await connection.request()));
  await using posthorn = await startBinary(place, SETTINGS);
  await subscribe(posthorn, healthy.origin, "user.registered");
  for (let n = 0; n < HANGING; n++) await subscribe(posthorn, `${hanging.origin}/${n}`, "resume.created");
  await post(posthorn, "user.registered");
  await healthy.next("the delivery that shows that it is quick");

  await post(posthorn, "resume.created");
  await until("all hang that may", () => hanging.requests.length === HANGING_AT_ONCE);
  for (let n = 0; n < 20; n++) {
    await post(posthorn, "user.registered");
    await healthy.next("a delivery beside them");
  }
  expect(hanging.requests).toHaveLength(HANGING_AT_ONCE);
});

async function subscribe({ api }: Binary, url: string, type: string): Promise<void> {
  expect((await api("POST", "/api/webhooks", { url, events: [type] })).status).toBe(201);
}

async function post({ api }: Binary, type: string): Promise<void> {
  expect((await api("POST", "/api/events", { type, data: {} })).status).toBe(202);
}
