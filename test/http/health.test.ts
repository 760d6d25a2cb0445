import { expect, test } from "bun:test";
import { StoreError } from "../../src/store/contract.ts";
import { startHttpApp } from "../support/http-app.ts";

test("/livez answers as long as the process does, also while it stops", async () => {
  await using app = await startHttpApp({ health: () => ({ draining: true, alive: false }) });
  const told = await app.call("GET", "/livez", { key: null });
  expect([told.status, told.at("data")]).toEqual([200, { status: "alive" }]);
});

test("/readyz is 200 when events can be taken", async () => {
  await using app = await startHttpApp();
  expect((await app.call("GET", "/readyz", { key: null })).json).toEqual({ success: true, data: { status: "ready" } });
});

test.each([
  [{ draining: true }, "Posthorn is stopping."],
  [{ alive: false }, "The delivery loop does not turn."],
  [{ diskIsLow: true }, "The disk is nearly full: new events are refused."],
  [{ backlogIsFull: true }, "The backlog is full: new events are refused until some of it has been sent."],
])("/readyz with %j is a 503 that says why", async (health, message) => {
  await using app = await startHttpApp({ health: () => health });
  const told = await app.call("GET", "/readyz", { key: null });
  expect([told.status, told.at("error.code"), told.at("error.message")]).toEqual([503, "not_ready", message]);
});

test("/readyz knows that the disk is full, and that there is room again", async () => {
  let isFull = true;
  const probe = () => (isFull ? Promise.reject(new StoreError("full", "no room")) : Promise.resolve());
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, probe }) });
  expect((await app.call("GET", "/readyz")).textAt("error.message")).toContain("is there room on the disk?");
  isFull = false;
  await app.world.clock.advance(1_000);
  expect((await app.call("GET", "/readyz")).status).toBe(200);
});

test("/readyz knows that another program holds the database", async () => {
  const probe = () => Promise.reject(new StoreError("busy", "held"));
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, probe }) });
  expect((await app.call("GET", "/readyz")).textAt("error.message")).toContain("Another program holds the database");
});

test("however often it is asked, the disk is written once a second", async () => {
  let probes = 0;
  await using app = await startHttpApp({
    wrap: (store) => ({
      ...store,
      probe: async () => {
        probes += 1;
      },
    }),
  });
  await Promise.all(Array.from({ length: 20 }, () => app.call("GET", "/readyz")));
  expect(probes).toBe(1);
  await app.world.clock.advance(1_000);
  await app.call("GET", "/readyz");
  expect(probes).toBe(2);
});

test("/health tells facts about the whole process", async () => {
  await using app = await startHttpApp({ health: () => ({ inFlight: 3 }) });
  await app.call("POST", "/api/webhooks", { body: { url: "https://example.com/hook", events: ["*"] } });
  await app.call("POST", "/api/events", { body: { type: "resume.created", data: {} } });
  expect((await app.call("GET", "/health")).at("data")).toEqual({
    ...{ status: "ready", reason: null, version: "1.2.3", started_at: "2024-12-30T10:00:00.000Z" },
    ...{ webhooks: 1, pending: 1, oldest_due_at: "2024-12-30T10:00:00.000Z", in_flight: 3 },
    database_bytes: expect.any(Number),
  });
});

test("a method that a stranger made up is no series of its own", async () => {
  await using app = await startHttpApp();
  await app.call("PATCH", "/livez");
  expect((await app.call("GET", "/metrics")).text).toContain(
    'posthorn_http_requests_total{method="other",status="405"} 1\n',
  );
});

test("/metrics counts in Prometheus' format", async () => {
  await using app = await startHttpApp({ health: () => ({ inFlight: 3 }) });
  await app.call("POST", "/api/webhooks", { body: { url: "https://example.com/hook", events: ["*"] } });
  const event = { type: "resume.created", data: {}, id: "one" };
  for (const _ of [1, 2]) await app.call("POST", "/api/events", { body: event });
  await app.world.clock.advance(4_000);
  const told = await app.call("GET", "/metrics");
  expect(told.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  for (const line of [
    "posthorn_events_accepted_total 1",
    "posthorn_events_repeated_total 1",
    "posthorn_deliveries_created_total 1",
    'posthorn_http_requests_total{method="POST",status="202"} 2',
    "posthorn_webhooks 1",
    "posthorn_deliveries_pending 1",
    "posthorn_oldest_due_seconds 4",
    "posthorn_requests_in_flight 3",
    'posthorn_info{version="1.2.3"} 1',
    "posthorn_deliveries_pending_max 10000000",
  ]) {
    expect(told.text).toContain(`${line}\n`);
  }
});

test.each(["stopping", "disk", "backlog"])(
  "/metrics tells that events are refused because of the %s",
  async (reason) => {
    const health = () => ({
      draining: reason === "stopping",
      diskIsLow: reason === "disk",
      backlogIsFull: reason === "backlog",
    });
    await using app = await startHttpApp({ health });
    const { text } = await app.call("GET", "/metrics");
    for (const each of ["stopping", "disk", "backlog"]) {
      expect(text).toContain(`posthorn_events_refused{reason="${each}"} ${each === reason ? 1 : 0}\n`);
    }
  },
);

test("/metrics tells all that was counted, however often it is read", async () => {
  await using app = await startHttpApp();
  const { metrics } = app.parts;
  for (const code of ["success", "success", "timeout"] as const) metrics.attemptFinished(code, 40);
  metrics.deliveryFinished("delivered");
  await app.call("GET", "/metrics");
  const { text } = await app.call("GET", "/metrics");
  for (const line of [
    'posthorn_attempts_total{code="success"} 2',
    'posthorn_attempts_total{code="timeout"} 1',
    'posthorn_attempt_duration_seconds_bucket{le="0.05"} 3',
    'posthorn_deliveries_finished_total{state="delivered"} 1',
    'posthorn_http_requests_total{method="GET",status="200"} 1',
    "posthorn_events_accepted_total 0",
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});
