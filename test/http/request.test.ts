import { expect, test } from "bun:test";
import { type Asked, startHttpApp } from "../support/http-app.ts";

interface Scenario {
  readonly promise: string;
  readonly method?: string;
  readonly path?: string;
  readonly asked?: Asked;
  readonly status: number;
  readonly code: string;
  readonly message: string | RegExp;
  readonly hint?: string | RegExp;
  readonly details?: readonly object[];
}

const HOOK = { url: "https://example.com/hook", events: ["resume.created"] };
const json = { "Content-Type": "application/json" };
const nested = (levels: number) => `{"type":"resume.created","data":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}`;

/** What is wrong with a request, whoever sends it: each ends in one clear sentence. */
const SCENARIOS: readonly Scenario[] = [
  {
    promise: "a path that does not exist is a 404",
    method: "GET",
    path: "/api/invoices",
    status: 404,
    code: "unknown_route",
    message: /^There is no route of this path\.$/,
    hint: "All routes are listed at /swagger.",
  },
  ...[
    ["/api/webhook", "/api/webhooks"],
    ["/api/webhock/webhook_1/log/?limit=1", "/api/webhooks/webhook_1/logs"],
    ["/webhooks", "/api/webhooks"],
    ["/api/v1/events/e1", "/api/events/e1"],
    ["/API/Event-Types", "/api/event-types"],
    ["/healthz", "/health"],
  ].map(([path = "", meant]) => ({
    promise: `${path} is a 404 that names ${meant}`,
    method: "GET",
    path,
    status: 404,
    code: "unknown_route",
    message: `There is no route of this path. Did you mean ${meant}?`,
  })),
  {
    promise: "a method that a path does not have is a 405",
    method: "PATCH",
    path: "/api/webhooks/webhook_01jgb4rkz07wdbqzv3y2m6x8sc",
    status: 405,
    code: "method_not_allowed",
    message: "This route does not take PATCH; it takes GET, HEAD, PUT, DELETE, OPTIONS.",
  },
  {
    promise: "broken JSON is told with its line and column",
    asked: { body: '{"url": "https://example.com",\n "events": [}' },
    status: 400,
    code: "invalid_json",
    message: /line 2, column 13/,
  },
  {
    promise: "JSON that ends too early is broken JSON",
    asked: { body: '{"url":' },
    status: 400,
    code: "invalid_json",
    message: /line 1, column 8/,
  },
  {
    promise: "an empty body is no JSON",
    asked: { body: "", headers: json },
    status: 400,
    code: "invalid_json",
    message: "The body is empty, and a JSON object is expected.",
  },
  {
    promise: "a JSON array is no object",
    asked: { body: "[1]" },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: body.",
    details: [{ path: "", message: "Must be a JSON object." }],
  },
  {
    promise: "bytes that are not UTF-8 are a 400",
    asked: { body: new Uint8Array([0x7b, 0xff, 0x7d]), headers: json },
    status: 400,
    code: "invalid_encoding",
    message: "The body is not valid UTF-8.",
  },
  {
    promise: "a byte order mark is a 400",
    asked: { body: new TextEncoder().encode('\ufeff{"url":1}'), headers: json },
    status: 400,
    code: "invalid_encoding",
    message: /byte order mark/,
  },
  {
    promise: "another content type is a 415",
    asked: { body: "url=x", headers: { "Content-Type": "application/x-www-form-urlencoded" } },
    status: 415,
    code: "unsupported_media_type",
    message: "The body must be application/json, and this one is application/x-www-form-urlencoded.",
    hint: /^Send `Content-Type: application\/json`\. curl .* -H 'Content-Type: application\/json'/,
  },
  {
    promise: "a body without a content type is a 415",
    asked: { body: new TextEncoder().encode("{}"), headers: { "Content-Type": "" } },
    status: 415,
    code: "unsupported_media_type",
    message: "The body must be application/json, and this one has no Content-Type.",
    hint: "Send `Content-Type: application/json`.",
  },
  {
    promise: "a content type that only begins like JSON is a 415",
    asked: { body: "{}", headers: { "Content-Type": "application/jsonp" } },
    status: 415,
    code: "unsupported_media_type",
    message: /and this one is application\/jsonp\.$/,
  },
  {
    promise: "a compressed body is a 415",
    asked: { body: HOOK, headers: { "Content-Encoding": "gzip" } },
    status: 415,
    code: "unsupported_content_encoding",
    message: "The body must not be compressed: Content-Encoding is not supported.",
  },
  {
    promise: "a body over the limit is a 413 with an envelope",
    asked: { body: { ...HOOK, description: "x".repeat(65 * 1_024) } },
    status: 413,
    code: "body_too_large",
    message: "The body is longer than 64KB, which is the most for this route.",
    hint: "Send a shorter body.",
  },
  {
    promise: "an event over the setting is a 413",
    path: "/api/events",
    asked: { body: { type: "resume.created", data: { text: "x".repeat(256 * 1_024) } } },
    status: 413,
    code: "body_too_large",
    message: "The body is longer than 256KB, which is the most for this route.",
    hint: /event's data, or raise POSTHORN_MAX_EVENT_SIZE/,
  },
  {
    promise: "a key that is given twice is a 422, also when it is escaped",
    path: "/api/events",
    asked: { body: '{"type":"resume.created","data":{},"d\\u0061ta":{"a":1}}' },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: data.",
    details: [{ path: "/data", message: "This field is given twice." }],
  },
  {
    promise: "too deep a nesting is a 422",
    path: "/api/events",
    asked: { body: nested(64) },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: body.",
    details: [{ path: "", message: "Objects and arrays are nested deeper than 64 levels at line 1, column 348." }],
  },
  {
    promise: "five million brackets are a 413 or a 422, never a fault",
    path: "/api/events",
    asked: { body: "[".repeat(200_000) },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: body.",
  },
  {
    promise: "everything that is wrong with a body is told at once, forms and meanings alike",
    asked: { body: { url: 5, evnts: [], active: "yes", timeout: "1ms", headers: { Host: "x" }, secret: "" } },
    status: 422,
    code: "validation_failed",
    message: "7 fields need attention: events, evnts, url, active, secret, timeout, headers.Host.",
    details: [
      { path: "/events", message: 'This field is required: an array of 1 to 100 items such as ["*"].' },
      { path: "/evnts", message: 'There is no field of this name. Did you mean "events"?' },
      { path: "/url", message: 'Must be a string such as "https://example.com/hook", not a number.', received: 5 },
      { path: "/active", message: "Must be true or false, not a string.", received: "yes" },
      { path: "/secret", message: "A secret has 1 to 256 characters, and this one has 0." },
      { path: "/timeout", message: 'Must be a duration from 1s to 1m such as "30s".', received: "1ms" },
      { path: "/headers/Host" },
    ],
  },
  {
    promise: "a prototype in disguise is an unknown field",
    asked: { body: '{"url":"https://example.com","events":["*"],"__proto__":{"active":false}}' },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: __proto__.",
  },
  {
    promise: "a limit that is no number is a 422",
    method: "GET",
    path: "/api/webhooks?limit=abc",
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: limit.",
    details: [{ path: "?limit", message: "Must be a whole number from 1 to 200.", received: "abc" }],
  },
  ...["0", "201", "-1", "1.5", "1e2", "", " 5", "0x5", "99999999999999999999"].map((limit) => ({
    promise: `limit=${limit} is a 422, never clamped`,
    method: "GET",
    path: `/api/webhooks?limit=${encodeURIComponent(limit)}`,
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: limit.",
  })),
  {
    promise: "a parameter that is given twice is a 422",
    method: "GET",
    path: "/api/webhooks?limit=1&limit=2",
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: limit.",
  },
  {
    promise: "an unknown parameter is a 422 with the one that was meant",
    method: "GET",
    path: "/api/webhooks?limt=1",
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: limt.",
    details: [{ path: "?limt", message: 'There is no parameter of this name. Did you mean "limit"?' }],
  },
  ...["x", "MS4wLjU", "1.0.5", "%00"].map((cursor) => ({
    promise: `the cursor ${cursor} is a 422`,
    method: "GET",
    path: `/api/webhooks?cursor=${cursor}`,
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: cursor.",
  })),
  {
    promise: "a tenant that cannot be is a 422",
    method: "GET",
    path: "/api/webhooks",
    asked: { headers: { "X-Tenant": "a b" } },
    status: 422,
    code: "validation_failed",
    message: "1 field needs attention: X-Tenant.",
    details: [{ path: "X-Tenant", received: "a b" }],
  },
];

test.each(SCENARIOS.map((scenario) => [scenario.promise, scenario] as const))("%s", async (_, scenario) => {
  await using app = await startHttpApp();
  const { method = "POST", path = "/api/webhooks", asked = {}, status, code, message, hint = /./, details } = scenario;
  const told = await app.call(method, path, asked);
  expect(told.status).toBe(status);
  expect(told.json).toMatchObject({ success: false, error: { code, ...(details !== undefined && { details }) } });
  expect(told.textAt("error.message")).toMatch(message);
  expect(told.textAt("error.hint")).toMatch(hint);
  expect(told.textAt("error.request_id")).toMatch(/^req_[0-9a-z]{26}$/);
  expect(told.headers.get("x-request-id")).toBe(told.textAt("error.request_id"));
  expect(app.faults).toEqual([]);
});

test("64 levels of nesting are not too many, the body's own included", async () => {
  await using app = await startHttpApp();
  expect((await app.call("POST", "/api/events", { body: nested(63) })).status).toBe(202);
});

test("a 405 names the methods that the path has", async () => {
  await using app = await startHttpApp();
  const told = await app.call("DELETE", "/api/events/");
  expect(told.status).toBe(405);
  expect(told.headers.get("allow")).toBe("POST, GET, HEAD, OPTIONS");
});

test("a request without a body needs no content type, and a type with a charset is JSON", async () => {
  await using app = await startHttpApp();
  const headers = { "Content-Type": "application/json; charset=utf-8" };
  const made = await app.call("POST", "/api/webhooks", { body: HOOK, headers });
  expect(made.status).toBe(201);
  expect((await app.call("DELETE", `/api/webhooks/${made.textAt("data.id")}`)).status).toBe(200);
});

test("what a secret field received is never shown, not even when its name is mistyped", async () => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/webhooks", {
    body: { ...HOOK, secret: "x".repeat(300), secrt: "xxxxx", headers: { A: 12345 } },
  });
  expect(told.status).toBe(422);
  expect(told.text).not.toContain("xxxx");
  expect(told.text).not.toContain("12345");
});

test("of a long value only the beginning is shown, and of many problems only some", async () => {
  await using app = await startHttpApp();
  const body = { url: "https://example.com", events: Array.from({ length: 100 }, () => "x".repeat(500)) };
  const told = await app.call("POST", "/api/webhooks", { body });
  expect(told.status).toBe(422);
  expect(told.textAt("error.message")).toEndWith("events.19 and 80 more.");
  expect(told.at("error.details")).toBeArrayOfSize(20);
  expect(told.text.length).toBeLessThan(8_000);
});

test("all fields are counted, however many are told", async () => {
  await using app = await startHttpApp();
  const strange = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`field_${at}`, at]));
  const told = await app.call("POST", "/api/webhooks", { body: { ...HOOK, ...strange, timeout: "soon" } });
  expect(told.textAt("error.message")).toMatch(/^51 fields need attention: field_0, .*, field_19 and 31 more\.$/);
  expect(told.at("error.details")).toBeArrayOfSize(20);
});

test("a fault is a 500 that tells nothing, and is reported with the request's id", async () => {
  const fault = new Error("secret path /data/posthorn.db");
  await using app = await startHttpApp({
    wrap: (store) => ({ ...store, listWebhooks: () => Promise.reject(fault) }),
  });
  const told = await app.call("GET", "/api/webhooks");
  expect(told.status).toBe(500);
  expect(told.at("error.code")).toBe("internal_error");
  expect(told.text).not.toContain("posthorn.db");
  expect(app.faults).toMatchObject([
    {
      requestId: told.textAt("error.request_id"),
      method: "GET",
      path: "/api/webhooks",
      error: fault,
    },
  ]);
});

test("every answer has an id of its own, and may not be sniffed or framed", async () => {
  await using app = await startHttpApp();
  const answers = [
    await app.call("GET", "/livez"),
    await app.call("GET", "/nowhere"),
    await app.call("OPTIONS", "/api/events"),
  ];
  const ids = answers.map(({ headers }) => headers.get("x-request-id"));
  expect(new Set(ids).size).toBe(3);
  for (const { headers } of answers) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
});
