import { expect, test } from "bun:test";
import { newToken } from "../../src/domain/token.ts";
import { ADMIN_KEY, startHttpApp } from "../support/http-app.ts";

const LATER = Date.parse("2024-12-30T11:00:00Z");

test.each([
  ["no key at all", null, "missing_key", /neither/],
  ["another scheme", "Basic dXNlcjpwYXNz", "missing_key", /Bearer <key>/],
  ["a scheme without a key", "Bearer", "missing_key", /Bearer <key>/],
  ["a key that is unknown", `Bearer ${newToken(new Uint8Array(32))}`, "invalid_key", /no such key/],
  ["a key that is cut", `Bearer ${newToken(new Uint8Array(32)).slice(0, 40)}`, "invalid_key", /mistyped or cut/],
  ["a text that is no key", "Bearer hunter2", "invalid_key", /begin with posthorn_/],
  ["a key in quotes", `Bearer "${newToken(new Uint8Array(32))}"`, "invalid_key", /in quotes: send it without them/],
  ["the admin key in quotes", `Bearer '${ADMIN_KEY}'`, "invalid_key", /in quotes: send it without them/],
  ["a webhook's secret", "Bearer whsec_c2VjcmV0", "webhook_secret_as_key", /webhook's secret, not a key/],
  [
    "an admin key with one more character",
    `Bearer ${ADMIN_KEY}!`,
    "invalid_key",
    /POSTHORN_ADMIN_KEY either, which may be mistyped/,
  ],
])("%s is a 401 that says so", async (_, authorization, code, message) => {
  await using app = await startHttpApp();
  const headers: Record<string, string> = authorization === null ? {} : { Authorization: authorization };
  const told = await app.call("GET", "/api/webhooks", { key: null, headers });
  expect([told.status, told.at("error.code")]).toEqual([401, code]);
  expect(told.textAt("error.message")).toMatch(message);
  expect(told.headers.get("www-authenticate")).toBe('Bearer realm="posthorn"');
});

test.each([
  ["GET", "/metrics", "This needs a key of scope read, manage or admin; this one has publish."],
  ["POST", "/api/webhooks", "This needs a key of scope manage or admin; this one has publish."],
  ["GET", "/api/keys", "This needs a key of scope admin; this one has publish."],
])("%s %s names every scope that would do", async (method, path, message) => {
  await using app = await startHttpApp();
  const told = await app.call(method, path, { key: await app.key("publish") });
  expect([told.status, told.at("error.message")]).toEqual([403, message]);
});

test("a key ends when it expires, to the millisecond", async () => {
  await using app = await startHttpApp();
  const key = await app.key("read", null, LATER);
  const { clock } = app.world;
  await clock.advance(LATER - clock.wall() - 1);
  expect((await app.call("GET", "/api/webhooks", { key })).status).toBe(200);
  await clock.advance(1);
  const told = await app.call("GET", "/api/webhooks", { key });
  expect([told.status, told.at("error.code")]).toEqual([401, "expired_key"]);
  expect(told.textAt("error.message")).toBe("The key expired at 2024-12-30T11:00:00.000Z.");
});

test("the configured admin key is valid only while it is set", async () => {
  await using app = await startHttpApp({ settings: { adminKeyHash: null } });
  const told = await app.call("GET", "/api/webhooks", { key: ADMIN_KEY });
  expect(told.status).toBe(401);
  expect(told.textAt("error.message")).not.toContain("POSTHORN_ADMIN_KEY");
  expect(told.textAt("error.hint")).toContain("admin.key in the data directory");
});

const HOOK = { url: "https://example.com/hook", events: ["*"] };

test("a tenant sees nothing of another", async () => {
  await using app = await startHttpApp();
  const [acme, other] = [await app.key("admin", "acme"), await app.key("admin", "other")];
  const id = (await app.call("POST", "/api/webhooks", { key: acme, body: HOOK })).textAt("data.id");
  const event = { type: "resume.created", data: {}, id: "ours" };
  expect((await app.call("POST", "/api/events", { key: acme, body: event })).at("data.deliveries")).toBe(1);

  for (const path of [
    `/api/webhooks/${id}`,
    `/api/webhooks/${id}/secret`,
    `/api/webhooks/${id}/logs`,
    "/api/events/ours",
  ]) {
    expect((await app.call("GET", path, { key: acme })).status).toBe(200);
    const told = await app.call("GET", path, { key: other });
    expect([told.status, told.at("error.code")]).toEqual([404, "not_found"]);
  }
  for (const [method, path] of [
    ["PUT", ""],
    ["DELETE", ""],
    ["POST", "/test"],
    ["POST", "/resend"],
  ] as const) {
    const body = path === "/resend" ? { status: "failed", since: "2024-01-01T00:00:00Z" } : {};
    const told = await app.call(method, `/api/webhooks/${id}${path}`, {
      key: other,
      ...(method !== "DELETE" && { body }),
    });
    expect([method, path, told.status]).toEqual([method, path, 404]);
  }
  expect((await app.call("GET", "/api/webhooks", { key: other })).at("data")).toEqual([]);
  expect((await app.call("GET", "/api/events", { key: other })).at("data")).toEqual([]);
  expect((await app.call("POST", "/api/events", { key: other, body: event })).at("data")).toMatchObject({
    deliveries: 0,
  });
});

test("a key of all tenants means default, unless X-Tenant names another", async () => {
  await using app = await startHttpApp();
  const named = await app.call("POST", "/api/webhooks", { body: HOOK, headers: { "X-Tenant": "acme" } });
  expect(named.status).toBe(201);
  expect((await app.call("GET", "/api/webhooks")).at("data")).toEqual([]);
  expect((await app.call("GET", "/api/webhooks", { headers: { "X-Tenant": "default" } })).at("data")).toEqual([]);
  expect((await app.call("GET", "/api/webhooks", { headers: { "X-Tenant": "acme" } })).at("data")).toBeArrayOfSize(1);
});

test("a key of one tenant may name its own and no other", async () => {
  await using app = await startHttpApp();
  const key = await app.key("read", "acme");
  expect((await app.call("GET", "/api/webhooks", { key, headers: { "X-Tenant": "acme" } })).status).toBe(200);
  const told = await app.call("GET", "/api/webhooks", { key, headers: { "X-Tenant": "other" } });
  expect([told.status, told.at("error.code")]).toEqual([403, "foreign_tenant"]);
});

test("the scheme's name may be written in any case", async () => {
  await using app = await startHttpApp();
  const told = await app.call("GET", "/api/webhooks", {
    key: null,
    headers: { Authorization: `bEARER  ${ADMIN_KEY}` },
  });
  expect(told.status).toBe(200);
});
