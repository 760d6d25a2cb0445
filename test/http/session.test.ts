import { expect, test } from "bun:test";
import { createApi } from "../../src/http/api.ts";
import { SESSION_MS } from "../../src/limits.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp } from "../support/http-app.ts";

const HOOK = { url: "https://example.com/hook", events: ["*"] };
const SAME_ORIGIN = { Origin: "http://localhost" };

async function openSession(app: HttpApp, key = ADMIN_KEY): Promise<{ readonly Cookie: string }> {
  const told = await app.call("POST", "/api/session", { key: null, body: { key } });
  expect(told.status).toBe(201);
  const [cookie = ""] = (told.headers.get("set-cookie") ?? "").split(";");
  return { Cookie: cookie };
}

test("a key is exchanged for a cookie that no script can read and no other site can send", async () => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/session", { key: null, body: { key: ADMIN_KEY } });
  expect(told.headers.get("set-cookie")).toMatch(
    /^posthorn_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
  );
  expect(told.headers.get("cache-control")).toBe("no-store");
  expect(told.at("data")).toEqual({ scope: "admin", tenant: null, expires_at: "2024-12-30T22:00:00.000Z" });
});

test("behind a public https URL the cookie is for https alone", async () => {
  await using app = await startHttpApp({ settings: { publicUrl: new URL("https://hooks.example.com") } });
  const told = await app.call("POST", "/api/session", { key: null, body: { key: ADMIN_KEY } });
  expect(told.headers.get("set-cookie")).toEndWith("; Secure");
});

test.each([
  ["posthorn_wrong", "invalid_key"],
  ["whsec_c2VjcmV0", "webhook_secret_as_key"],
])("no session for %s", async (key, code) => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/session", { key: null, body: { key } });
  expect([told.status, told.at("error.code"), told.headers.get("set-cookie")]).toEqual([401, code, null]);
  expect(told.text).not.toContain(key);
});

test("the cookie may do what its key may, in its key's tenant", async () => {
  await using app = await startHttpApp();
  const session = await openSession(app, await app.key("read", "acme"));
  expect((await app.call("GET", "/api/webhooks", { key: null, headers: session })).status).toBe(200);
  const headers = { ...session, ...SAME_ORIGIN };
  expect((await app.call("POST", "/api/webhooks", { key: null, body: HOOK, headers })).status).toBe(403);
  const foreign = { ...session, "X-Tenant": "other" };
  expect((await app.call("GET", "/api/webhooks", { key: null, headers: foreign })).status).toBe(403);
});

test("a session ends after twelve hours", async () => {
  await using app = await startHttpApp();
  const headers = await openSession(app);
  await app.world.clock.advance(SESSION_MS - 1);
  expect((await app.call("GET", "/api/webhooks", { key: null, headers })).status).toBe(200);
  await app.world.clock.advance(1);
  const told = await app.call("GET", "/api/webhooks", { key: null, headers });
  expect([told.status, told.at("error.code")]).toEqual([401, "invalid_session"]);
});

test("a session ends with its key: deleted, expired, or not configured any more", async () => {
  await using app = await startHttpApp();
  const made = await app.call("POST", "/api/keys", {
    body: { name: "A", scope: "read", expires_at: "2024-12-30T10:00:30Z" },
  });
  const session = await app.call("POST", "/api/session", { key: null, body: { key: made.textAt("data.token") } });
  expect(session.at("data.expires_at")).toBe("2024-12-30T10:00:30.000Z");
  expect(session.headers.get("set-cookie")).toContain("Max-Age=30;");

  const deleted = await app.call("POST", "/api/keys", { body: { name: "B", scope: "read" } });
  const headers = await openSession(app, deleted.textAt("data.token"));
  await app.call("DELETE", `/api/keys/${deleted.textAt("data.id")}`);
  expect((await app.call("GET", "/api/webhooks", { key: null, headers })).status).toBe(401);

  const configured = await openSession(app);
  expect((await app.call("GET", "/api/webhooks", { key: null, headers: configured })).status).toBe(200);
  const restarted = createApi({ ...app.parts, settings: { ...app.parts.settings, adminKeyHash: null } });
  const asked = new Request("http://localhost/api/webhooks", { headers: configured });
  expect((await restarted.fetch(asked)).status).toBe(401);
});

test("closing a session ends it and makes the browser forget it", async () => {
  await using app = await startHttpApp();
  const headers = { ...(await openSession(app)), ...SAME_ORIGIN };
  const told = await app.call("DELETE", "/api/session", { key: null, headers });
  expect([told.status, told.at("data")]).toEqual([200, { ended: true }]);
  expect(told.headers.get("set-cookie")).toMatch(/^posthorn_session=; Path=\/; Max-Age=0;/);
  expect((await app.call("GET", "/api/webhooks", { key: null, headers })).status).toBe(401);
  expect((await app.call("DELETE", "/api/session", { key: null })).status).toBe(200);
});

test("a bearer key beside a cookie decides", async () => {
  await using app = await startHttpApp();
  const headers = { ...(await openSession(app)), Origin: "https://evil.example" };
  expect((await app.call("POST", "/api/webhooks", { body: HOOK, headers })).status).toBe(201);
  expect((await app.call("GET", "/api/webhooks", { key: "posthorn_wrong", headers })).status).toBe(401);
});

test("a listed origin may read the answers, with the cookie too", async () => {
  await using app = await startHttpApp();
  const { headers } = await app.call("GET", "/api/webhooks", { headers: { Origin: "https://app.example.com" } });
  expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  expect(headers.get("access-control-allow-credentials")).toBe("true");
  expect(headers.get("access-control-expose-headers")).toBe("X-Request-Id, Retry-After");
  expect(headers.get("vary")).toBe("Origin");
});

test("a failure can be read by a listed origin as well", async () => {
  await using app = await startHttpApp();
  const told = await app.call("GET", "/api/webhooks", { key: null, headers: { Origin: "https://app.example.com" } });
  expect([told.status, told.headers.get("access-control-allow-origin")]).toEqual([401, "https://app.example.com"]);
});

test("any other origin is told nothing", async () => {
  await using app = await startHttpApp();
  const { headers } = await app.call("GET", "/api/webhooks", { headers: { Origin: "https://evil.example" } });
  expect(headers.get("access-control-allow-origin")).toBeNull();
  expect(headers.get("access-control-allow-credentials")).toBeNull();
  expect(headers.get("vary")).toBe("Origin");
});

test.each([
  ["https://app.example.com", "GET, HEAD, PUT, DELETE, OPTIONS"],
  ["https://evil.example", null],
])("a preflight from %s allows %p", async (origin, methods) => {
  await using app = await startHttpApp();
  const path = "/api/webhooks/webhook_01jgb4rkz07wdbqzv3y2m6x8sc";
  const headers = { Origin: origin, "Access-Control-Request-Method": "PUT" };
  const told = await app.call("OPTIONS", path, { key: null, headers });
  expect([told.status, told.text]).toEqual([204, ""]);
  expect(told.headers.get("vary")).toBe("Origin");
  expect(told.headers.get("access-control-allow-methods")).toBe(methods);
  if (methods !== null) {
    const allowed = told.headers.get("access-control-allow-headers");
    for (const header of ["Authorization", "Content-Type", "Idempotency-Key", "X-Tenant"])
      expect(allowed).toContain(header);
  }
});

test("a preflight to nowhere is a 404", async () => {
  await using app = await startHttpApp();
  expect((await app.call("OPTIONS", "/api/nowhere", { key: null })).status).toBe(404);
});
