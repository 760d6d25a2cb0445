import { expect, test } from "bun:test";
import { startHttpApp } from "../support/http-app.ts";

/** About as much as Bun lets through in a head. */
const LENGTH = 15_000;
const TIMES = 50;
/** A text whose cost is the square of its length took a tenth of a second each time; the others take a thousandth. */
const ALL_MAX_MS = 2_500;

const PATHS: readonly (readonly [text: string, path: string])[] = [
  ["slashes", `${"/".repeat(LENGTH)}x`],
  ["slashes behind a path of ours", `/api/webhooks${"/".repeat(LENGTH)}x`],
  ["slashes at the end", `/api/webhooks${"/".repeat(LENGTH)}`],
  ["digits of a version", `/v${"1".repeat(LENGTH)}/api/events`],
  ["parts", "/a".repeat(LENGTH / 2)],
  ["dots", `/a${"/..".repeat(LENGTH / 3)}/x`],
  ["encoded slashes", `/api/events/${"%2f".repeat(LENGTH / 3)}`],
  ["broken percent-encoding", `/api/events/${"%".repeat(LENGTH)}`],
  ["an id", `/api/webhooks/webhook_${"0".repeat(LENGTH)}`],
  ["parameters", `/api/webhooks?${"a=1&".repeat(LENGTH / 4)}`],
  ["a cursor", `/api/webhooks?cursor=${"A".repeat(LENGTH)}`],
  ["an event type", `/api/events?event_type=${"a.".repeat(LENGTH / 2)}!`],
];

const HEADERS: readonly (readonly [text: string, headers: Readonly<Record<string, string>>])[] = [
  ["spaces before a key", { Authorization: `Bearer${" ".repeat(LENGTH)}\u00a0x` }],
  ["words for a key", { Authorization: `Bearer${" x".repeat(LENGTH / 2)}` }],
  ["spaces in a type", { "Content-Type": `application/json${" ".repeat(LENGTH)}x` }],
  ["quotes for an id", { "Idempotency-Key": '"'.repeat(LENGTH) }],
  ["a tenant", { "X-Tenant": "a".repeat(LENGTH) }],
  ["cookies", { Cookie: "posthorn_session=%;".repeat(LENGTH / 19), Authorization: "" }],
  ["an origin", { Origin: `http://${"a.".repeat(LENGTH / 2)}`, Cookie: "posthorn_session=a", Authorization: "" }],
];

test.each(PATHS)("a request with %s without end costs no more than its length", async (_, path) => {
  await using app = await startHttpApp();
  const begun = performance.now();
  for (let n = 0; n < TIMES; n++) expect((await app.call("GET", path)).status).toBeLessThan(500);
  expect(performance.now() - begun).toBeLessThan(ALL_MAX_MS);
});

test.each(HEADERS)("a request with %s without end costs no more than its length", async (_, headers) => {
  await using app = await startHttpApp();
  const begun = performance.now();
  for (let n = 0; n < TIMES; n++) {
    const told = await app.call("POST", "/api/events", { body: { type: "resume.created", data: {} }, headers });
    expect(told.status).toBeLessThan(500);
  }
  expect(performance.now() - begun).toBeLessThan(ALL_MAX_MS);
});

/** Lists that nearly fill a body, with something wrong in each item. */
const LISTS: readonly (readonly [text: string, field: string])[] = [
  ["subscriptions", `"events":[${"1,".repeat(30_000)}1]`],
  ["steps", `"events":["*"],"retry_schedule":[${"1,".repeat(30_000)}1]`],
  ["headers", `"events":["*"],"headers":{${Array.from({ length: 6_000 }, (_, n) => `"${n}":1`).join(",")}}`],
];

test.each(LISTS)("a body with %s without end costs no more than its length", async (_, field) => {
  await using app = await startHttpApp();
  const body = `{"url":"https://example.com",${field}}`;
  const begun = performance.now();
  for (let n = 0; n < TIMES; n++) {
    const told = await app.call("POST", "/api/webhooks", { body, headers: { "Content-Type": "application/json" } });
    expect([told.status, told.textAt("error.message")]).toEqual([
      422,
      expect.stringMatching(/^1000 fields need .* and 980 more\.$/),
    ]);
  }
  expect(performance.now() - begun).toBeLessThan(ALL_MAX_MS);
});
