import { expect, test } from "bun:test";
import { createLoop, type Loop } from "../support/loop.ts";
import { connectTimeout, fail, hang, reply } from "../support/scripted-reply.ts";

/** Milliseconds between the starts of consecutive requests. */
function gaps({ world }: Loop): number[] {
  const times = world.transport.requests.map(({ monotonicAt }) => monotonicAt);
  return times.slice(1).map((at, index) => at - (times[index] ?? 0));
}

function expectWithin(actual: number | undefined, leastMs: number): void {
  expect(actual).toBeGreaterThanOrEqual(leastMs);
  expect(actual).toBeLessThanOrEqual(leastMs * 1.1);
}

test("a receiver that answers 200 gets the event once, and the log says when", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(1);
  const [entry] = await loop.log(webhook);
  expect(entry).toMatchObject({ state: "delivered", statusCode: 200, attempts: 1, error: null, nextRetryAt: null });
  expect(entry?.deliveredAt).toBe(loop.world.clock.wall() - 60_000);
});

test.each([201, 202, 204])("status %d is a success", async (status) => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(status));
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "delivered", statusCode: status, attempts: 1 });
});

test.each([203, 206, 301, 302, 307, 400, 404, 500, 503])(
  "status %d is a failure: three retries after 1, 2 and 4 seconds, never earlier, then it is final",
  async (status) => {
    await using loop = await createLoop();
    const webhook = await loop.webhook();
    loop.world.transport.otherwise(() => reply(status, { headers: [["Location", "https://elsewhere.example/"]] }));
    await loop.post();
    await loop.world.clock.advance(3_600_000);
    const [first, second, third, ...more] = gaps(loop);
    expectWithin(first, 1_000);
    expectWithin(second, 2_000);
    expectWithin(third, 4_000);
    expect(more).toEqual([]);
    expect(new Set(loop.world.transport.requests.map(({ url }) => url)).size).toBe(1);
    expect((await loop.log(webhook))[0]).toMatchObject({
      state: "failed",
      statusCode: status,
      attempts: 4,
      nextRetryAt: null,
    });
  },
);

test("every attempt bears the same id and bytes, its own number, timestamp and signature", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.otherwise(() => reply(500));
  await loop.post({ data: '{"big":12345678901234567890,"n":1.0,"z":-0,"a":1,"a":2}' });
  await loop.world.clock.advance(60_000);
  const { requests } = loop.world.transport;
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  expect(requests[0]?.body).toContain('"data":{"big":12345678901234567890,"n":1.0,"z":-0,"a":1,"a":2},');
  expect(new Set(requests.map(({ headers }) => headers["x-smartcv-delivery"])).size).toBe(1);
  expect(requests.map(({ headers }) => headers["x-smartcv-attempt"])).toEqual(["1", "2", "3", "4"]);
  for (const { headers, body, wallAt } of requests) {
    const timestamp = String(Math.floor(wallAt / 1_000));
    const hasher = new Bun.CryptoHasher("sha256", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    expect(headers["x-smartcv-timestamp"]).toBe(timestamp);
    expect(headers["x-smartcv-signature"]).toBe(`sha256=${hasher.update(`${timestamp}.${body}`).digest("hex")}`);
  }
});

test("while a retry is awaited the log shows when it is due and why", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(500));
  await loop.post();
  await loop.world.clock.advance(500);
  const [entry] = await loop.log(webhook);
  expect(entry).toMatchObject({
    state: "pending",
    statusCode: 500,
    attempts: 1,
    error: "HTTP 500 Internal Server Error",
  });
  expectWithin((entry?.nextRetryAt ?? 0) - (entry?.lastAttemptAt ?? 0), 1_000);
});

test("a step counts from the end of the attempt before, not from its start", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.otherwise(() => hang());
  await loop.post();
  await loop.world.clock.advance(300_000);
  const [first, second, third] = gaps(loop);
  expect(first).toBeGreaterThanOrEqual(31_000);
  expect(second).toBeGreaterThanOrEqual(32_000);
  expect(third).toBeGreaterThanOrEqual(34_000);
});

test("a receiver that never answers is a timeout after 30 seconds, and says so", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => hang());
  await loop.post();
  await loop.world.clock.advance(29_999);
  expect((await loop.log(webhook))[0]?.state).toBe("sending");
  await loop.world.clock.advance(1);
  expect((await loop.log(webhook))[0]).toMatchObject({
    state: "failed",
    statusCode: null,
    responseTimeMs: 30_000,
    error: "Connection timeout: no response within 30 s",
  });
});

test("a webhook's own timeout and schedule win over the configured ones", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook({ timeoutMs: 2_000, retryScheduleMs: [100] });
  loop.world.transport.otherwise(() => hang());
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(2);
  expect((await loop.log(webhook))[0]).toMatchObject({ attempts: 2, responseTimeMs: 2_000 });
});

test("a connect that hangs ends after its own 10 seconds", async () => {
  await using loop = await createLoop({ retryScheduleMs: [] });
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => connectTimeout());
  await loop.post();
  await loop.world.clock.advance(10_000);
  expect((await loop.log(webhook))[0]).toMatchObject({
    state: "failed",
    error: expect.stringContaining("Connection timeout"),
  });
});

test("a reset connection is a failed attempt like any other", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => (n === 1 ? fail("connection_reset") : reply(200)));
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(2);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "delivered", attempts: 2 });
});

test.each([429, 503])(
  "Retry-After on %d moves the next attempt later, and holds the webhook's other deliveries",
  async (status) => {
    await using loop = await createLoop();
    await loop.webhook();
    loop.world.transport.on("yourapp.example", (_, n) =>
      n === 1 ? reply(status, { headers: [["retry-after", "30"]] }) : reply(200),
    );
    await loop.post();
    await loop.world.clock.advance(1_000);
    await loop.post();
    await loop.world.clock.advance(28_999);
    expect(loop.world.transport.requests).toHaveLength(1);
    await loop.world.clock.advance(10_000);
    expect(loop.world.transport.requests).toHaveLength(3);
  },
);

test("a long Retry-After holds the other deliveries for a minute only", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) =>
    n === 1 ? reply(429, { headers: [["retry-after", "7200"]] }) : reply(200),
  );
  await loop.post();
  await loop.world.clock.advance(1);
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(2);
  await loop.world.clock.advance(7_200_000);
  expect(loop.world.transport.requests).toHaveLength(3);
});

test("a Retry-After that is shorter than the step shortens nothing, one of more than a day counts as a day", async () => {
  await using loop = await createLoop();
  await loop.webhook();
  const answers = ["0", "999999"];
  loop.world.transport.on("yourapp.example", (_, n) => {
    const retryAfter = answers[n - 1];
    return retryAfter === undefined ? reply(200) : reply(503, { headers: [["retry-after", retryAfter]] });
  });
  await loop.post();
  await loop.world.clock.advance(2 * 86_400_000);
  const [first, second] = gaps(loop);
  expectWithin(first, 1_000);
  expect(second).toBe(86_400_000);
});

test("410 ends the delivery and turns the webhook off", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(410));
  await loop.post();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(1);
  expect((await loop.log(webhook))[0]).toMatchObject({ state: "failed", statusCode: 410, attempts: 1 });
  expect(await loop.store.findWebhook("default", webhook.id)).toMatchObject({ active: false, disabledReason: "gone" });
  expect(await loop.post()).toMatchObject({ kind: "accepted", deliveries: [] });
});

test("the status decides; a body that drips is cut after a second and changes nothing", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(200, { body: "slowly", dripMs: 300 }));
  await loop.post();
  await loop.world.clock.advance(2_000);
  const [entry] = await loop.log(webhook);
  expect(entry?.state).toBe("delivered");
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  const response = detail?.attempts[0]?.response;
  expect(response?.bodyEnd).toBe("slow");
  expect(new TextDecoder().decode(response?.body)).toBe("slo");
});

test("16 KiB of a failure's body are kept, 1 KiB of a success's", async () => {
  await using loop = await createLoop({ retryScheduleMs: [1_000] });
  const webhook = await loop.webhook();
  const body = "x".repeat(100_000);
  loop.world.transport.on("yourapp.example", (_, n) => reply(n === 1 ? 500 : 200, { body }));
  await loop.post();
  await loop.world.clock.advance(5_000);
  const [entry] = await loop.log(webhook);
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  expect(detail?.attempts.map(({ response }) => response?.body.length)).toEqual([16_384, 1_024]);
  expect(detail?.attempts.map(({ response }) => response?.bodyEnd)).toEqual(["cut", "cut"]);
});
