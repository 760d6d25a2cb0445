import { expect, test } from "bun:test";
import fc from "fast-check";
import { StoreError } from "../../src/store/contract.ts";
import { type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const EVENT = { type: "resume.created", data: { resume: { id: "resume_456" } } };

function post(app: HttpApp, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Told> {
  return app.call("POST", "/api/events", { body, headers });
}

async function subscribe(app: HttpApp, events: readonly string[]): Promise<Told> {
  return app.call("POST", "/api/webhooks", { body: { url: "https://example.com/hook", events } });
}

test("an event is stored with a delivery for each webhook that matches, and those are handed to the loop", async () => {
  await using app = await startHttpApp();
  for (const events of [["resume.created"], ["resume.*"], ["*"], ["user.*"]]) await subscribe(app, events);
  const told = await post(app, EVENT);
  expect(told.status).toBe(202);
  expect(told.json).toEqual({
    success: true,
    data: {
      id: expect.stringMatching(/^event_[0-9a-z]{26}$/),
      ...{ type: "resume.created", created: "2024-12-30T10:00:00Z", api_version: "2024-12-30", deliveries: 3 },
    },
  });
  expect(app.woken).toBeArrayOfSize(3);
  expect(app.woken[0]?.payload?.body).toBe(
    `{"id":"${told.textAt("data.id")}","type":"resume.created","created":"2024-12-30T10:00:00Z",` +
      '"data":{"resume":{"id":"resume_456"}},"api_version":"2024-12-30"}',
  );
});

test("no match is still a 202", async () => {
  await using app = await startHttpApp();
  expect((await post(app, EVENT)).at("data.deliveries")).toBe(0);
});

const AS_POSTED = [
  '{"n":12345678901234567890,"a":1.0,"b":-0,"c":1e400}',
  '{"b":1,"a":2,"b":3}',
  '{ "x" :\t[ 1 , 2 ]\n}',
  '{"s":"\\u00e9\\ud83d\\ude00 é 😀 \\/ \\ud800"}',
  '{"__proto__":{"a":1}}',
  "{}",
];

test.each(AS_POSTED)("data %s is sent and shown to the byte", async (data) => {
  await using app = await startHttpApp();
  const hook = await subscribe(app, ["*"]);
  const told = await post(app, `{"id":"mine","data":${data},"type":"resume.created"}`);
  expect(told.status).toBe(202);
  expect(app.woken[0]?.payload?.body).toContain(`,"data":${data},"api_version"`);
  expect((await app.call("GET", "/api/events/mine")).text).toContain(`"data":${data}}}`);
  const log = `/api/webhooks/${hook.textAt("data.id")}/logs`;
  const delivery = (await app.call("GET", log)).textAt("data.0.id");
  expect((await app.call("GET", `${log}/${delivery}`)).text).toContain(`"data":${data},"api_version"`);
});

test("whatever JSON object is posted comes out as it was", async () => {
  await using app = await startHttpApp();
  await subscribe(app, ["*"]);
  const json = fc
    .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 5 }))
    .map((data) => JSON.stringify(data));
  await fc.assert(
    fc.asyncProperty(json, async (data) => {
      const told = await post(app, `{"type":"resume.created","data":${data}}`);
      expect(told.status).toBe(202);
      expect(app.woken.at(-1)?.payload?.body).toContain(`,"data":${data},"api_version"`);
    }),
    { numRuns: 50 },
  );
});

test("the same event under the same id is stored once, and the answer says so", async () => {
  await using app = await startHttpApp();
  await subscribe(app, ["*"]);
  const first = await post(app, { ...EVENT, id: "order-1" });
  await app.world.clock.advance(60_000);
  const again = await post(app, { ...EVENT, id: "order-1" });
  expect(again.status).toBe(202);
  expect(again.at("data")).toEqual({ ...Object(first.at("data")), duplicate: true });
  expect(app.woken).toBeArrayOfSize(1);
});

test.each([
  ["another type", { ...EVENT, id: "order-1", type: "resume.updated" }],
  ["other data", { ...EVENT, id: "order-1", data: {} }],
  ["the same data in other bytes", '{"id":"order-1","type":"resume.created","data":{"resume": {"id":"resume_456"}}}'],
])("an id that is taken by an event of %s is a 409", async (_, body) => {
  await using app = await startHttpApp();
  await post(app, { ...EVENT, id: "order-1" });
  const told = await post(app, body);
  expect([told.status, told.at("error.code")]).toEqual([409, "event_id_taken"]);
});

test("Idempotency-Key serves as the id, plain or quoted, when the body has none", async () => {
  await using app = await startHttpApp();
  expect((await post(app, EVENT, { "Idempotency-Key": "abc-1" })).at("data.id")).toBe("abc-1");
  expect((await post(app, EVENT, { "Idempotency-Key": '"abc-1"' })).at("data")).toMatchObject({ duplicate: true });
  expect((await post(app, { ...EVENT, id: "own" }, { "Idempotency-Key": "abc-1" })).at("data.id")).toBe("own");
  const told = await post(app, EVENT, { "Idempotency-Key": "a b" });
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, "Idempotency-Key"]);
});

const NAME =
  'an event type such as "resume.created", made of A-Z, a-z, 0-9, _ and -, in parts joined by dots, at most 100 characters.';

test.each([
  [{ data: {} }, "/type", 'This field is required: a string such as "resume.created".'],
  [{ type: "resume.created" }, "/data", "This field is required: an object."],
  [{ ...EVENT, data: [] }, "/data", "Must be an object, not an array."],
  [{ ...EVENT, data: "{}" }, "/data", "Must be an object, not a string."],
  [{ ...EVENT, data: null }, "/data", "Must be an object, not null."],
  [{ ...EVENT, type: "resume.creatd" }, "/type", 'There is no event type of this name. Did you mean "resume.created"?'],
  [{ ...EVENT, type: "zzz" }, "/type", "There is no event type of this name. GET /api/event-types lists them all."],
  [{ ...EVENT, type: "resume.*" }, "/type", `Must be ${NAME}`],
  [{ ...EVENT, type: "order:created" }, "/type", `Must be ${NAME}`],
  [{ ...EVENT, type: 1 }, "/type", 'Must be a string such as "resume.created", not a number.'],
  [{ ...EVENT, id: "a.b" }, "/id", "Must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -."],
  [{ ...EVENT, id: "x".repeat(65) }, "/id", "Must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -."],
  [{ ...EVENT, id: "" }, "/id", "Must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -."],
  [{ ...EVENT, dta: {} }, "/dta", 'There is no field of this name. Did you mean "data"?'],
  [{ ...EVENT, created: "x" }, "/created", "There is no field of this name."],
])("the event %j is a 422 at %s: %s", async (body, path, message) => {
  await using app = await startHttpApp();
  const told = await post(app, body);
  expect(told.status).toBe(422);
  expect(told.at("error.details")).toMatchObject([{ path, message }]);
  expect((await app.call("GET", "/api/events")).at("data")).toEqual([]);
});

test.each(["resume.*", "*", "", "order:created"])(
  "a list cannot be filtered by %p, which is no event type; by one that nobody knows it can",
  async (type) => {
    await using app = await startHttpApp();
    const told = await app.call("GET", `/api/events?event_type=${type}`);
    expect(told.status).toBe(422);
    expect(told.at("error.details")).toEqual([
      { path: "?event_type", message: `Must be one ${NAME.slice(3)}`, received: type },
    ]);
    expect((await app.call("GET", "/api/events?event_type=of.old")).at("data")).toEqual([]);
  },
);

test("with a catalogue of any, every legal name is a type", async () => {
  await using app = await startHttpApp({ settings: { catalogue: "any" } });
  expect((await post(app, { ...EVENT, type: "Invoice.Paid-2" })).status).toBe(202);
  expect((await post(app, { ...EVENT, type: "in voice" })).status).toBe(422);
  expect((await app.call("GET", "/api/event-types")).at("data")).toEqual([]);
});

test("one of our own deliveries that comes back is a 409", async () => {
  await using app = await startHttpApp({ settings: { headerPrefix: "X-Acme-" } });
  const told = await post(app, EVENT, { "x-acme-delivery": "delivery_1" });
  expect([told.status, told.at("error.code")]).toEqual([409, "loop_detected"]);
  expect((await post(app, EVENT, { "X-SmartCV-Delivery": "delivery_1" })).status).toBe(202);
});

test("while Posthorn stops, new events are a 503 and reads still answer", async () => {
  await using app = await startHttpApp({ health: () => ({ draining: true }) });
  const told = await post(app, EVENT);
  expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([503, "shutting_down", "5"]);
  expect((await app.call("GET", "/api/events")).status).toBe(200);
});

test("while the disk is nearly full, new events are a 503 and everything else still works", async () => {
  await using app = await startHttpApp({ health: () => ({ diskIsLow: true }) });
  const told = await post(app, EVENT);
  expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([503, "storage_full", "5"]);
  const webhook = { url: "https://example.com/hook", events: ["*"] };
  const made = await app.call("POST", "/api/webhooks", { body: webhook });
  expect(made.status).toBe(201);
  expect((await app.call("DELETE", `/api/webhooks/${made.textAt("data.id")}`)).status).toBe(200);
  expect((await app.call("GET", "/api/events")).at("data")).toEqual([]);
});

test("while the backlog is full, new events are a 503 that names the setting, and everything else still works", async () => {
  let backlogIsFull = true;
  await using app = await startHttpApp({ settings: { maxBacklog: 1 }, health: () => ({ backlogIsFull }) });
  const id = (await subscribe(app, ["*"])).textAt("data.id");
  const told = await post(app, EVENT);
  expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([503, "backlog_full", "10"]);
  expect(told.textAt("error.message")).toStartWith(
    "At least 1 deliveries were pending, as many as POSTHORN_MAX_BACKLOG allows",
  );
  expect((await app.call("GET", "/api/events")).at("data")).toEqual([]);
  expect((await app.call("PUT", `/api/webhooks/${id}`, { body: { active: false } })).status).toBe(200);
  backlogIsFull = false;
  expect((await post(app, EVENT)).status).toBe(202);
});

test.each([
  ["full", "storage_full"],
  ["busy", "storage_busy"],
  ["closed", "shutting_down"],
  ["too_slow", "read_too_slow"],
] as const)("a store that is %s is a 503, acknowledges nothing and is no fault", async (reason, code) => {
  const error = new StoreError(reason, "inner words");
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, ingest: () => Promise.reject(error) }) });
  const told = await post(app, EVENT);
  expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([503, code, "5"]);
  expect(told.text).not.toContain("inner words");
  expect(app.faults).toEqual([]);
});

test("events are listed newest first, and by type", async () => {
  await using app = await startHttpApp();
  for (const [index, type] of ["resume.created", "user.registered", "resume.created"].entries()) {
    await post(app, { type, data: {}, id: `e${index}` });
  }
  const all = await app.call("GET", "/api/events");
  expect(all.at("data")).toMatchObject([{ id: "e2" }, { id: "e1" }, { id: "e0" }]);
  const first = await app.call("GET", "/api/events?event_type=resume.created&limit=1");
  expect(first.at("data")).toMatchObject([{ id: "e2", deliveries: 0 }]);
  const next = `/api/events?event_type=resume.created&cursor=${first.textAt("page.next_cursor")}`;
  expect((await app.call("GET", next)).json).toMatchObject({ data: [{ id: "e0" }], page: { next_cursor: null } });
  expect((await app.call("GET", next.replace("resume.created", "user.registered"))).status).toBe(422);
});

test("an event is shown with its deliveries, and whose each is", async () => {
  await using app = await startHttpApp();
  await subscribe(app, ["*"]);
  await subscribe(app, ["resume.*"]);
  const webhooks = await app.call("GET", "/api/webhooks");
  await post(app, { ...EVENT, id: "mine" });
  const told = await app.call("GET", "/api/events/mine");
  expect(told.at("data")).toMatchObject({
    id: "mine",
    type: "resume.created",
    deliveries: [{ event_id: "mine" }, { event_id: "mine" }],
  });
  const ids = [told.textAt("data.deliveries.0.webhook_id"), told.textAt("data.deliveries.1.webhook_id")];
  expect(ids.sort()).toEqual([webhooks.textAt("data.0.id"), webhooks.textAt("data.1.id")].sort());
  expect(told.at("data.data")).toEqual(EVENT.data);
});

test.each(["nothing", "a%20b", "%F0%9F%98%80", "x".repeat(65)])("the event %s is a 404", async (id) => {
  await using app = await startHttpApp();
  expect((await app.call("GET", `/api/events/${id}`)).at("error.code")).toBe("not_found");
});

test("the catalogue is SmartCV's ten, with a sample each", async () => {
  await using app = await startHttpApp();
  const told = await app.call("GET", "/api/event-types");
  expect(told.at("data")).toBeArrayOfSize(10);
  expect(told.at("data.0")).toMatchObject({ name: "resume.created", description: "Resume created" });
  expect(told.at("data.0.sample")).toHaveProperty("resume.id", "resume_456");
});
