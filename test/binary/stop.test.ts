import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { API_GRACE_MS } from "../../src/limits.ts";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { startLoad } from "../support/load.ts";
import { emptyPlace } from "../support/place.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const TYPES = ["resume.created", "user.registered"];
const EVENT = { type: "resume.created", data: { resume: { id: "resume_456" } } };

describe("SIGTERM", () => {
  test("under load, with a backlog, ends with 0, and after the next start every acknowledged event was sent exactly once", async () => {
    using place = emptyPlace();
    await using receiver = startReceiver(async () => {
      await Bun.sleep(50);
      return 200;
    });
    const first = await startBinary(place, LOOPBACK_ALLOWED);
    await using _ = first;
    await webhookFor(first, receiver);
    const load = startLoad((event) => first.api("POST", "/api/events", event), { perSecond: 400, types: TYPES });
    await until("300 events were delivered", () => receiver.requests.length >= 300);
    first.signal("SIGTERM");
    expect(await first.ended).toMatchObject({ exitCode: 0, error: "" });
    await load.stop();
    expect(receiver.requests.length).toBeLessThan(load.acknowledged.size);

    await using second = await startBinary(place, LOOPBACK_ALLOWED);
    await nothingPending(second);
    const sent = receiver.requests.map(({ body }): string => JSON.parse(body).id);
    expect(load.acknowledged.size).toBeGreaterThan(300);
    expect([...load.acknowledged].filter((id) => !sent.includes(id))).toEqual([]);
    expect(sent.length).toBe(new Set(sent).size);
    expect(new Set(receiver.requests.map(attemptNumber))).toEqual(new Set(["1"]));
  }, 20_000);

  test("lets what is in flight end: meanwhile new events are refused, readers are answered, and nothing new is sent", async () => {
    using place = emptyPlace();
    const answer = Promise.withResolvers<void>();
    await using receiver = startReceiver(() => answer.promise.then(() => 200));
    await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
    const webhook = await webhookFor(posthorn, receiver);
    await posthorn.api("POST", "/api/events", EVENT);
    await receiver.next("the request in flight");

    posthorn.signal("SIGTERM");
    await posthorn.logged("Posthorn is stopping");
    const refused = await posthorn.api("POST", "/api/events", EVENT);
    expect([refused.status, refused.error?.code]).toEqual([503, "shutting_down"]);
    expect((await fetch(`${posthorn.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${posthorn.url}/livez`)).status).toBe(200);
    const logs = await posthorn.api<{ status: string }[]>("GET", `/api/webhooks/${webhook}/logs`);
    expect(logs.data.map(({ status }) => status)).toEqual(["sending"]);

    answer.resolve();
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
    expect(receiver.requests).toHaveLength(1);
  });

  test("lets a webhook's test end too, and answers it", async () => {
    using place = emptyPlace();
    const answer = Promise.withResolvers<void>();
    await using receiver = startReceiver(() => answer.promise.then(() => 200));
    await using posthorn = await startBinary(place, LOOPBACK_ALLOWED);
    const webhook = await webhookFor(posthorn, receiver);
    const tested = posthorn.api<{ status: string }>("POST", `/api/webhooks/${webhook}/test`);
    await receiver.next("the test");
    posthorn.signal("SIGTERM");
    await posthorn.logged("Posthorn is stopping");
    await Bun.sleep(API_GRACE_MS + 200);
    answer.resolve();
    expect((await tested).data.status).toBe("delivered");
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
  });

  test("answers a test that outlasts the grace that it is stopping", async () => {
    using place = emptyPlace();
    await using receiver = startReceiver(() => Promise.withResolvers<number>().promise);
    await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "200ms" });
    const webhook = await webhookFor(posthorn, receiver);
    const tested = posthorn.api("POST", `/api/webhooks/${webhook}/test`);
    await receiver.next("the test");
    posthorn.signal("SIGTERM");
    const { status, error } = await tested;
    expect([status, error?.code]).toEqual([503, "shutting_down"]);
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
  });

  test("cuts off what is in flight when the grace is over, and the next start sends it again with the same number and bytes", async () => {
    using place = emptyPlace();
    await using receiver = startReceiver(() => Promise.withResolvers<number>().promise);
    await using first = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "200ms" });
    const webhook = await webhookFor(first, receiver);
    await first.api("POST", "/api/events", EVENT);
    const cut = await receiver.next("the request that is cut off");
    first.signal("SIGTERM");
    expect(await first.ended).toMatchObject({ exitCode: 0, error: "" });

    receiver.become([200]);
    await using second = await startBinary(place, LOOPBACK_ALLOWED);
    expectSame(await receiver.next("the request again"), cut);
    const history = await until("the delivery is done", () => historyOf(second, webhook));
    expect(history).toEqual([
      { number: 1, code: "interrupted" },
      { number: 1, code: "success" },
    ]);
  });
});

test("a second SIGTERM ends it at once, and nothing is lost", async () => {
  using place = emptyPlace();
  await using receiver = startReceiver(() => Promise.withResolvers<number>().promise);
  await using first = await startBinary(place, { ...LOOPBACK_ALLOWED, POSTHORN_SHUTDOWN_GRACE: "10m" });
  await webhookFor(first, receiver);
  await first.api("POST", "/api/events", EVENT);
  const cut = await receiver.next("the request that is cut off");
  first.signal("SIGTERM");
  await first.logged("Posthorn is stopping");
  const secondAt = performance.now();
  first.signal("SIGTERM");
  expect(await first.ended).toMatchObject({ exitCode: 0, error: "" });
  expect(performance.now() - secondAt).toBeLessThan(2_000);

  receiver.become([200]);
  await using second = await startBinary(place, LOOPBACK_ALLOWED);
  expectSame(await receiver.next("the request again"), cut);
  await nothingPending(second);
});

async function webhookFor(posthorn: Binary, { origin }: Receiver): Promise<string> {
  const webhook = { url: `${origin}/hook`, events: ["*"] };
  const { status, data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
  expect(status).toBe(201);
  return data.id;
}

interface AttemptRow {
  readonly number: number;
  readonly code: string;
}

/** Every attempt of the webhook's only delivery, or null while it is not delivered. */
async function historyOf(posthorn: Binary, webhook: string): Promise<readonly AttemptRow[] | null> {
  const logs = await posthorn.api<{ id: string; status: string }[]>("GET", `/api/webhooks/${webhook}/logs`);
  const [entry] = logs.data;
  if (entry?.status !== "delivered") return null;
  const path = `/api/webhooks/${webhook}/logs/${entry.id}`;
  const { data } = await posthorn.api<{ history: AttemptRow[] }>("GET", path);
  return data.history.map(({ number, code }) => ({ number, code }));
}

function attemptNumber({ headers }: ReceivedRequest): string | undefined {
  return headers["x-smartcv-attempt"];
}

function expectSame(again: ReceivedRequest, before: ReceivedRequest): void {
  expect(again.body).toBe(before.body);
  expect(attemptNumber(again)).toBe(attemptNumber(before) ?? "");
  expect(again.headers["x-smartcv-delivery"]).toBe(before.headers["x-smartcv-delivery"] ?? "");
}

test("a terminal that goes away stops it gracefully", async () => {
  using place = emptyPlace();
  let shown = "";
  const posthorn = Bun.spawn([await builtBinary(), "serve"], {
    ...{ cwd: place.path, env: { POSTHORN_PORT: "0", TERM: "dumb" } },
    terminal: {
      data: (_, bytes) => {
        shown += new TextDecoder().decode(bytes);
      },
    },
  });
  await until("it listens", () => shown.includes("API"));
  posthorn.terminal?.close();
  expect(await posthorn.exited).toBe(0);
  expect(existsSync(join(place.dataDir, "posthorn.db-wal"))).toBe(false);
});
