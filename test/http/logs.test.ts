import { expect, test } from "bun:test";
import type { Store } from "../../src/store/contract.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { attempt, FAILED_ATTEMPT, settle } from "./settled.ts";

const EXHAUSTED = { to: "failed", because: "exhausted" } as const;

/** A webhook with so many deliveries, none of them tried yet. */
async function deliveries(app: HttpApp, count: number): Promise<string> {
  const body = { url: "https://example.com/hook", events: ["*"] };
  const path = `/api/webhooks/${(await app.call("POST", "/api/webhooks", { body })).textAt("data.id")}`;
  for (let index = 0; index < count; index++) {
    const type = index % 2 === 0 ? "resume.created" : "user.registered";
    await app.call("POST", "/api/events", { body: { type, id: `event-${index}`, data: { index } } });
  }
  return path;
}

const COMMON = {
  id: expect.stringMatching(/^delivery_[0-9a-z]{26}$/),
  ...{ event_id: "event-0", event_type: "resume.created", url: "https://example.com/hook" },
};

test("before its first attempt a delivery shows when it is due, and nothing else", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  expect((await app.call("GET", `${path}/logs`)).json).toEqual({
    success: true,
    data: [
      {
        ...COMMON,
        ...{ status: "pending", status_code: null, response_time: null, attempts: 0, last_attempt_at: null },
        ...{ next_retry_at: "2024-12-30T10:00:00.000Z", error: null },
      },
    ],
    page: { next_cursor: null },
  });
});

test("a delivered one shows when, as in the specification", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  await settle(app, 0, { to: "delivered" });
  expect((await app.call("GET", `${path}/logs`)).at("data")).toEqual([
    {
      ...COMMON,
      ...{ status: "delivered", status_code: 200, response_time: 145, attempts: 1 },
      delivered_at: "2024-12-30T10:00:00.145Z",
    },
  ]);
});

test("a failed one shows its last attempt and its error, as in the specification", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  await settle(app, 0, EXHAUSTED, FAILED_ATTEMPT);
  const [entry] = Object((await app.call("GET", `${path}/logs`)).at("data"));
  expect(entry).toMatchObject({
    ...{ status: "failed", status_code: 500, response_time: 80, attempts: 1, next_retry_at: null },
    error: "HTTP 500 Internal Server Error",
  });
  expect(Date.parse(entry.last_attempt_at)).toBeWithin(
    Date.parse("2024-12-30T10:00:00Z"),
    Date.parse("2024-12-30T10:00:01Z"),
  );
  expect(entry).not.toHaveProperty("delivered_at");
});

test("one that waits for its next attempt shows when that is, and one in flight is sending", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 2);
  const dueAt = Date.parse("2024-12-30T10:00:05Z");
  await settle(app, 0, { to: "pending", dueAt, waitMs: 5_000, because: "status" }, FAILED_ATTEMPT);
  const second = app.woken[1];
  await app.store.claim(second === undefined ? [] : [second]);
  expect((await app.call("GET", `${path}/logs`)).at("data")).toMatchObject([
    { event_id: "event-1", status: "sending", next_retry_at: "2024-12-30T10:00:00.000Z" },
    { event_id: "event-0", status: "pending", next_retry_at: "2024-12-30T10:00:05.000Z", attempts: 1 },
  ]);
});

test.each([
  ["status=failed", ["event-2", "event-0"]],
  ["status=delivered", ["event-1"]],
  ["status=sending", []],
  ["event_type=user.registered", ["event-3", "event-1"]],
  ["event_type=user.registered&status=pending", ["event-3"]],
  ["event_type=nothing", []],
] as const)("logs?%s shows %p", async (query, ids) => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 4);
  await settle(app, 0, EXHAUSTED, FAILED_ATTEMPT);
  await settle(app, 1, { to: "delivered" });
  await settle(app, 2, EXHAUSTED, FAILED_ATTEMPT);
  const rows: readonly { readonly event_id: string }[] = Object(
    (await app.call("GET", `${path}/logs?${query}`)).at("data"),
  );
  expect(rows.map(({ event_id }) => event_id)).toEqual([...ids]);
});

test("what is no event type is a 422, and one that nobody knows finds nothing", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  const told = await app.call("GET", `${path}/logs?event_type=resume.*`);
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, "?event_type"]);
  expect((await app.call("GET", `${path}/logs?event_type=of.old`)).at("data")).toEqual([]);
});

test("a state that does not exist is a 422", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 0);
  const told = await app.call("GET", `${path}/logs?status=faild`);
  expect(told.at("error.details")).toEqual([
    {
      path: "?status",
      message: 'Must be "pending", "delivered", "failed", "cancelled" or "sending".',
      received: "faild",
    },
  ]);
});

test("logs go page by page, and their cursor belongs to their filters and their webhook", async () => {
  await using app = await startHttpApp();
  const [path, other] = [await deliveries(app, 5), await deliveries(app, 0)];
  const first = await app.call("GET", `${path}/logs?limit=2`);
  expect(first.at("data")).toMatchObject([{ event_id: "event-4" }, { event_id: "event-3" }]);
  const cursor = first.textAt("page.next_cursor");
  const second = await app.call("GET", `${path}/logs?limit=3&cursor=${cursor}`);
  expect(second.json).toMatchObject({
    data: [{ event_id: "event-2" }, { event_id: "event-1" }, { event_id: "event-0" }],
    page: { next_cursor: null },
  });
  for (const stray of [`${path}/logs?status=failed&cursor=${cursor}`, `${other}/logs?cursor=${cursor}`]) {
    expect((await app.call("GET", stray)).status).toBe(422);
  }
});

test("a delivery is shown with its event and every attempt, its own headers' values masked", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  await settle(app, 0, { to: "delivered" });
  const list = await app.call("GET", `${path}/logs`);
  const id = list.textAt("data.0.id");
  const told = await app.call("GET", `${path}/logs/${id}`);
  expect(told.at("data")).toEqual({
    ...Object(list.at("data.0")),
    history: [
      {
        ...{ number: 1, started_at: "2024-12-30T10:00:00.000Z", duration: 145, url: "https://example.com/hook" },
        ...{ code: "success", error: null },
        request: {
          headers: [
            { name: "Content-Type", value: "application/json" },
            { name: "User-Agent", value: "Posthorn/1.2.3" },
            { name: "X-SmartCV-Signature", value: `sha256=${"ab".repeat(32)}` },
            { name: "X-SmartCV-Timestamp", value: "1735552800" },
            { name: "X-SmartCV-Event", value: "resume.created" },
            { name: "X-SmartCV-Delivery", value: id },
            { name: "X-SmartCV-Attempt", value: "1" },
            { name: "X-Token", value: "****" },
          ],
        },
        response: {
          status_code: 200,
          headers: [
            { name: "content-type", value: "text/plain" },
            { name: "set-cookie", value: "a=1" },
            { name: "set-cookie", value: "b=2" },
          ],
          ...{ body: "OK", body_end: "complete" },
        },
        timings: { dns: 3, connect: 12, tls: null, first_byte: 143 },
      },
    ],
    event: {
      ...{ id: "event-0", type: "resume.created", created: "2024-12-30T10:00:00Z", data: { index: 0 } },
      api_version: "2024-12-30",
    },
  });
});

test("an attempt that sent nothing shows no request, and a body that is no text is still shown", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 2);
  const blocked = {
    code: "blocked",
    statusCode: null,
    error: "URL blocked: private",
    signed: null,
    response: null,
  } as const;
  await settle(app, 0, { to: "failed", because: "blocked" }, attempt(blocked));
  const body = { headers: [], body: new Uint8Array([0xff, 0x41]), bodyEnd: "cut" } as const;
  await settle(app, 1, { to: "delivered" }, attempt({ response: body }));
  const list = await app.call("GET", `${path}/logs`);
  const refused = await app.call("GET", `${path}/logs/${list.textAt("data.1.id")}`);
  expect(refused.at("data.history.0")).toMatchObject({ code: "blocked", request: null, response: null });
  const odd = await app.call("GET", `${path}/logs/${list.textAt("data.0.id")}`);
  expect(odd.at("data.history.0.response")).toMatchObject({ body: "\ufffdA", body_end: "cut" });
});

test("bodies of many attempts are shown whole, but for those that would make the answer long", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  const bytes = [0x01, 0xff, 0x61];
  for (const [tried, byte] of bytes.entries()) {
    const response = { headers: [], body: new Uint8Array(150 * 1_024).fill(byte), bodyEnd: "complete" } as const;
    const next = { to: "pending", dueAt: 0, waitMs: 0, because: "status" } as const;
    await settle(app, 0, next, { ...FAILED_ATTEMPT, number: tried + 1, response });
  }
  const list = await app.call("GET", `${path}/logs`);
  const told = await app.call("GET", `${path}/logs/${list.textAt("data.0.id")}`);
  const [control, broken, text] = ["0", "1", "2"].map((n) => Object(told.at(`data.history.${n}.response`)));
  expect(Buffer.byteLength(told.text)).toBeWithin(490 * 1_024, 520 * 1_024);
  expect([control.body_end, broken.body_end, text.body_end]).toEqual(["cut", "cut", "complete"]);
  expect(control.body).toBe("\u0001".repeat(control.body.length));
  expect(broken.body).toBe("\ufffd".repeat(broken.body.length));
  expect(text.body).toBe("a".repeat(150 * 1_024));
});

test("a delivery of another webhook is a 404", async () => {
  await using app = await startHttpApp();
  const [path, other] = [await deliveries(app, 1), await deliveries(app, 0)];
  const id = (await app.call("GET", `${path}/logs`)).textAt("data.0.id");
  for (const [method, rest] of [
    ["GET", ""],
    ["POST", "/resend"],
  ] as const) {
    expect((await app.call(method, `${other}/logs/${id}${rest}`)).at("error.message")).toBe(
      "There is no delivery of this id.",
    );
  }
  expect((await app.call("GET", `${path}/logs/delivery_123`)).status).toBe(404);
});

test("a resend is a new delivery that names the old one and is handed to the loop", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 1);
  await settle(app, 0, EXHAUSTED, FAILED_ATTEMPT);
  const old = (await app.call("GET", `${path}/logs`)).textAt("data.0.id");
  await app.world.clock.advance(60_000);
  const told = await app.call("POST", `${path}/logs/${old}/resend`);
  expect(told.status).toBe(202);
  expect(told.at("data")).toMatchObject({
    ...{ event_id: "event-0", status: "pending", attempts: 0, resend_of: old },
    next_retry_at: "2024-12-30T10:01:00.000Z",
  });
  expect(told.textAt("data.id")).not.toBe(old);
  expect(app.woken).toBeArrayOfSize(2);
});

test("a resend is answered without reading the event and its attempts, which may be long", async () => {
  const findLog = () => Promise.reject(new Error("a whole log is read"));
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, findLog }) });
  const path = await deliveries(app, 1);
  const id = (await app.call("GET", `${path}/logs`)).textAt("data.0.id");
  expect((await app.call("POST", `${path}/logs/${id}/resend`)).status).toBe(202);
});

test("all that failed since a time are resent once, and the answer counts them", async () => {
  await using app = await startHttpApp();
  const path = await deliveries(app, 3);
  for (const index of [0, 1]) await settle(app, index, EXHAUSTED, FAILED_ATTEMPT);
  await settle(app, 2, { to: "delivered" });
  await app.world.clock.advance(60_000);
  const body = { status: "failed", since: "2024-12-30T12:00:00+02:00" };
  const told = await app.call("POST", `${path}/resend`, { body });
  expect([told.status, told.at("data")]).toEqual([202, { count: 2, complete: true }]);
  expect(app.woken).toBeArrayOfSize(5);
  expect((await app.call("POST", `${path}/resend`, { body })).at("data")).toEqual({ count: 0, complete: true });
  const before = { status: "failed", since: "2020-01-01T00:00:00Z", until: "2024-12-30T10:00:00Z" };
  expect((await app.call("POST", `${path}/resend`, { body: before })).at("data.count")).toBe(0);
});

test("one request resends 10,000 at most, in chunks, and says that there are more", async () => {
  const limits: number[] = [];
  const resendFailed: Store["resendFailed"] = async (webhook, { limit, after }, _, dueAt) => {
    limits.push(limit);
    const keys = Array.from({ length: limit }, (_, index) => after + index + 1);
    const deliveries = keys.map((key) => ({ key, webhook, dueAt, isRetry: false, bodyBytes: 2 }));
    return { deliveries, last: keys.at(-1) ?? null };
  };
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, resendFailed }) });
  const body = { status: "failed", since: "2024-12-30T09:00:00Z" };
  const told = await app.call("POST", `${await deliveries(app, 0)}/resend`, { body });
  expect([told.status, told.at("data")]).toEqual([202, { count: 10_000, complete: false }]);
  expect(app.woken).toBeArrayOfSize(10_000);
  expect(Math.max(...limits)).toBeLessThanOrEqual(500);
});

test.each([
  [{ status: "failed" }, "/since", "This field is required: a time such as 2024-12-30T10:00:00Z (RFC 3339)."],
  [{ status: "pending", since: "2024-12-30T09:00:00Z" }, "/status", 'Must be "failed".'],
  [{ status: "failed", since: "yesterday" }, "/since", "Must be a time such as 2024-12-30T10:00:00Z (RFC 3339)."],
  [
    { status: "failed", since: "2024-02-30T10:00:00Z" },
    "/since",
    "Must be a time such as 2024-12-30T10:00:00Z (RFC 3339).",
  ],
  [{ status: "failed", since: "2024-12-30" }, "/since", "Must be a time such as 2024-12-30T10:00:00Z (RFC 3339)."],
  [{ status: "failed", since: "2024-12-30T11:00:00Z" }, "/since", "Must lie in the past."],
  [
    { status: "failed", since: "2024-12-30T09:00:00Z", until: "2024-12-30T08:00:00Z" },
    "/since",
    "Must be earlier than `until`.",
  ],
])("resending %j is a 422 at %s: %s", async (body, path, message) => {
  await using app = await startHttpApp();
  const told = await app.call("POST", `${await deliveries(app, 0)}/resend`, { body });
  expect([told.status, told.at("error.details.0")]).toMatchObject([422, { path, message }]);
});
