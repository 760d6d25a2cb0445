import { expect, test } from "bun:test";
import { AttemptReporter } from "../../src/delivery/attempt-reporter.ts";
import { Exchanger } from "../../src/delivery/exchanger.ts";
import { createGuard } from "../../src/delivery/guard.ts";
import { Sender } from "../../src/delivery/sender.ts";
import { TestSender } from "../../src/delivery/test-sender.ts";
import { POSTHORN } from "../../src/domain/audit.ts";
import { SMARTCV_EVENT_TYPES } from "../../src/domain/event-types.ts";
import { createLog } from "../../src/log.ts";
import { API_VERSION, createLoop, type Loop } from "../support/loop.ts";
import { hang, reply } from "../support/scripted-reply.ts";

function testSenderOf({ world, store, now }: Loop): { readonly tests: TestSender; readonly sender: Sender } {
  const { clock, random, resolver, transport } = world;
  const policy = { allowPrivateCidrs: [], allowHosts: [], ownTargets: [] };
  const guard = createGuard({ resolver, clock, policy });
  const sealing = { headerPrefix: "X-SmartCV-", userAgent: "Posthorn/test" };
  const limits = { connectTimeoutMs: 10_000, responseCaptureBytes: 16_384 };
  const exchanger = new Exchanger({ guard, transport, clock, sealing, ...limits });
  const log = createLog({ level: "error", format: "text", write: () => {}, wall: clock.wall });
  const reporter = new AttemptReporter({ log, counters: { attemptFinished: () => {}, deliveryFinished: () => {} } });
  const policyOfRetries = { timeoutMs: 30_000, retryScheduleMs: [1_000] };
  const sender = new Sender({ store, exchanger, clock, random, now, reporter, ...policyOfRetries });
  const catalogue = SMARTCV_EVENT_TYPES;
  return { tests: new TestSender({ store, sender, clock, random, now, catalogue, apiVersion: API_VERSION }), sender };
}

test("a test sends the catalogue's sample once, marked in the log, on an inactive webhook too", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook({ active: false });
  loop.world.transport.otherwise(() => reply(500));
  const { tests } = testSenderOf(loop);
  const sent = await tests.send(webhook, "ai.analysis_completed");
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(1);
  expect(JSON.parse(loop.world.transport.requests[0]?.body ?? "")).toMatchObject({
    type: "ai.analysis_completed",
    created: "2024-12-30T10:00:00Z",
    data: { analysis: { resume_id: "resume_456", overall_score: 85 } },
  });
  const [entry] = await loop.log(webhook);
  expect(entry).toMatchObject({ isTest: true, state: "failed", attempts: 1, statusCode: 500 });
  expect(sent).toEqual({ kind: "sent", deliveryId: entry?.id ?? "" });
});

test("a test that gets 410 leaves its webhook as it is", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(410));
  await testSenderOf(loop).tests.send(webhook, "resume.created");
  expect(await loop.store.findWebhook("default", webhook.id)).toMatchObject({ active: true, disabledReason: null });
});

test("a test does not wait in its webhook's lane", async () => {
  await using loop = await createLoop({ concurrency: 1 });
  const webhook = await loop.webhook();
  loop.world.transport.on("yourapp.example", (_, n) => (n === 1 ? hang() : reply(200)));
  await loop.post();
  await loop.world.clock.settle();
  expect(await testSenderOf(loop).tests.send(webhook, "resume.created")).toMatchObject({ kind: "sent" });
});

test("four tests of one tenant run at once, a fifth is told to wait, another tenant is not", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  const other = await loop.webhook({ tenant: "other" });
  loop.world.transport.otherwise(() => reply(200, { headMs: 1_000 }));
  const { tests } = testSenderOf(loop);
  const running = Array.from({ length: 4 }, () => tests.send(webhook, "resume.created"));
  expect(await tests.send(webhook, "resume.created")).toEqual({ kind: "busy" });
  const others = tests.send(other, "resume.created");
  await loop.world.clock.advance(1_000);
  expect((await Promise.all([...running, others])).every(({ kind }) => kind === "sent")).toBe(true);
  const again = tests.send(webhook, "resume.created");
  await loop.world.clock.advance(1_000);
  expect(await again).toMatchObject({ kind: "sent" });
});

test("a test that the process's end cuts off says so, and is not sent again after a restart", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => hang());
  const { tests, sender } = testSenderOf(loop);
  const sent = tests.send(webhook, "resume.created");
  await loop.world.clock.settle();
  const stopped = tests.stop();
  sender.abort();
  expect(await sent).toEqual({ kind: "stopping" });
  await stopped;
  expect(await tests.send(webhook, "resume.created")).toEqual({ kind: "stopping" });
  await loop.restarted();
  await loop.world.clock.advance(60_000);
  expect(loop.world.transport.requests).toHaveLength(1);
  expect(await loop.log(webhook)).toMatchObject([{ state: "cancelled", isTest: true }]);
});

test("a stop lets the tests under way end", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  loop.world.transport.otherwise(() => reply(200, { headMs: 5_000 }));
  const { tests } = testSenderOf(loop);
  const sent = tests.send(webhook, "resume.created");
  await loop.world.clock.settle();
  let isStopped = false;
  const stopped = tests.stop().then(() => {
    isStopped = true;
  });
  await loop.world.clock.advance(4_000);
  expect(isStopped).toBe(false);
  await loop.world.clock.advance(1_000);
  await stopped;
  expect(await sent).toMatchObject({ kind: "sent" });
  expect(await loop.log(webhook)).toMatchObject([{ state: "delivered", isTest: true }]);
});

test("a webhook that was deleted meanwhile gets no test", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  await loop.store.deleteWebhook("default", webhook.id, loop.world.clock.wall(), POSTHORN);
  expect(await testSenderOf(loop).tests.send(webhook, "resume.created")).toEqual({ kind: "gone" });
  expect(loop.world.transport.requests).toHaveLength(0);
});
