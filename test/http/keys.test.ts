import { expect, test } from "bun:test";
import { hashToken, tokenProblem } from "../../src/domain/token.ts";
import { KEYS_PER_TENANT_MAX } from "../../src/limits.ts";
import { startHttpApp } from "../support/http-app.ts";

test("a key's token is shown once, and only its hash is kept", async () => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/keys", { body: { name: "The app", scope: "publish" } });
  expect(told.status).toBe(201);
  const token = told.textAt("data.token");
  expect(tokenProblem(token)).toBeNull();
  const view = {
    id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
    ...{
      name: "The app",
      scope: "publish",
      tenant: "default",
      created_at: "2024-12-30T10:00:00.000Z",
      expires_at: null,
    },
  };
  expect(told.at("data")).toEqual({ ...view, token });
  const list = await app.call("GET", "/api/keys");
  expect(list.json).toEqual({ success: true, data: [view], page: { next_cursor: null } });
  expect(list.text).not.toContain(hashToken(token));
  expect(
    (await app.call("POST", "/api/events", { key: token, body: { type: "resume.created", data: {} } })).status,
  ).toBe(202);
});

test("a deleted key ends at the next request", async () => {
  await using app = await startHttpApp();
  const made = await app.call("POST", "/api/keys", { body: { name: "A", scope: "read" } });
  const path = `/api/keys/${made.textAt("data.id")}`;
  expect((await app.call("DELETE", path)).at("data")).toEqual({ id: made.textAt("data.id"), deleted: true });
  expect((await app.call("GET", "/api/webhooks", { key: made.textAt("data.token") })).status).toBe(401);
  expect((await app.call("DELETE", path)).status).toBe(404);
});

test.each([
  ["nothing", "default", {}],
  ["null", null, { tenant: null }],
  ["acme", "acme", { tenant: "acme" }],
])("an admin of all tenants who says %s makes a key of %p", async (_, tenant, fields) => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/keys", { body: { name: "A", scope: "admin", ...fields } });
  expect(told.at("data.tenant")).toBe(tenant);
});

test.each([
  ["its own", {}, 201],
  ["its own by name", { tenant: "acme" }, 201],
  ["another", { tenant: "other" }, 403],
  ["all", { tenant: null }, 403],
] as const)("an admin of one tenant who wants a key of %s tenant: %j gives %d", async (_, fields, status) => {
  await using app = await startHttpApp();
  const key = await app.key("admin", "acme");
  const told = await app.call("POST", "/api/keys", { key, body: { name: "A", scope: "admin", ...fields } });
  expect(told.status).toBe(status);
  if (status === 201) expect(told.at("data.tenant")).toBe("acme");
  else expect(told.at("error.code")).toBe("foreign_tenant");
});

test("an admin of all tenants that names one acts within it", async () => {
  await using app = await startHttpApp();
  const headers = { "X-Tenant": "acme" };
  const told = await app.call("POST", "/api/keys", { headers, body: { name: "A", scope: "read" } });
  expect(told.at("data.tenant")).toBe("acme");
  expect(
    (await app.call("POST", "/api/keys", { headers, body: { name: "A", scope: "read", tenant: null } })).status,
  ).toBe(403);
  await app.call("POST", "/api/keys", { body: { name: "B", scope: "read" } });
  expect((await app.call("GET", "/api/keys", { headers })).at("data")).toBeArrayOfSize(1);
  expect((await app.call("GET", "/api/keys")).at("data")).toBeArrayOfSize(2);
});

test("an admin of one tenant neither sees nor deletes the keys of others", async () => {
  await using app = await startHttpApp();
  const key = await app.key("admin", "acme");
  const other = await app.call("POST", "/api/keys", { body: { name: "A", scope: "read", tenant: "other" } });
  expect((await app.call("GET", "/api/keys", { key })).at("data")).toMatchObject([{ tenant: "acme" }]);
  expect((await app.call("DELETE", `/api/keys/${other.textAt("data.id")}`, { key })).status).toBe(404);
});

test("the last admin key of all tenants stays, unless one is configured", async () => {
  await using app = await startHttpApp({ settings: { adminKeyHash: null } });
  const key = await app.key("admin");
  await app.key("admin", "acme");
  const keys = await app.call("GET", "/api/keys", { key });
  const ids: readonly { readonly id: string; readonly tenant: string | null }[] = Object(keys.at("data"));
  const last = ids.find(({ tenant }) => tenant === null)?.id;
  const told = await app.call("DELETE", `/api/keys/${last}`, { key });
  expect([told.status, told.at("error.code")]).toEqual([409, "last_admin_key"]);
  await app.key("admin");
  expect((await app.call("DELETE", `/api/keys/${last}`, { key })).status).toBe(200);
});

test("another admin key of all tenants that ends sooner does not let the lasting one go", async () => {
  await using app = await startHttpApp({ settings: { adminKeyHash: null } });
  const key = await app.key("admin");
  const body = { name: "A", scope: "admin", tenant: null, expires_at: "2024-12-30T10:00:02Z" };
  await app.call("POST", "/api/keys", { key, body });
  const path = `/api/keys/${(await app.call("GET", "/api/keys", { key })).textAt("data.1.id")}`;
  const told = await app.call("DELETE", path, { key });
  expect([told.status, told.at("error.code")]).toEqual([409, "last_admin_key"]);
  await app.call("POST", "/api/keys", { key, body: { ...body, expires_at: null } });
  expect((await app.call("DELETE", path, { key })).status).toBe(200);
});

const END = Date.parse("2025-01-01T00:00:00Z");

test.each([
  [422, {}],
  [422, { expires_at: null }],
  [422, { expires_at: "2025-01-01T00:00:00.001Z" }],
  [201, { expires_at: "2025-01-01T00:00:00Z" }],
] as const)("a key that expires, and its session, make none that outlives it: %d for %j", async (status, fields) => {
  await using app = await startHttpApp();
  const key = await app.key("admin", "acme", END);
  const opened = await app.call("POST", "/api/session", { key: null, body: { key } });
  const [Cookie = ""] = (opened.headers.get("set-cookie") ?? "").split(";");
  const asSession = { key: null, headers: { Cookie, Origin: "http://localhost" } };
  const body = { name: "A", scope: "read", ...fields };
  for (const by of [{ key }, asSession]) {
    const told = await app.call("POST", "/api/keys", { ...by, body });
    expect(told.status).toBe(status);
    if (status === 201) continue;
    expect(told.at("error.details.0")).toMatchObject({
      path: "/expires_at",
      message: "Must be 2025-01-01T00:00:00.000Z or earlier: then the key ends that this request was made with.",
    });
  }
});

test("a tenant has at most a thousand keys, and the next is a 409", async () => {
  await using app = await startHttpApp();
  for (let count = 0; count < KEYS_PER_TENANT_MAX; count++) await app.key("read", "acme");
  const headers = { "X-Tenant": "acme" };
  const make = () => app.call("POST", "/api/keys", { headers, body: { name: "A", scope: "read" } });
  const refused = await make();
  expect([refused.status, refused.at("error.code")]).toEqual([409, "too_many_keys"]);
  expect(refused.textAt("error.message")).toBe("The tenant has 1000 keys, which is as many as there may be.");
  const [first] = Object((await app.call("GET", "/api/keys?limit=1", { headers })).at("data"));
  await app.call("DELETE", `/api/keys/${first.id}`, { headers });
  expect([(await make()).status, (await make()).status]).toEqual([201, 409]);
  expect((await app.call("POST", "/api/keys", { body: { name: "A", scope: "read", tenant: null } })).status).toBe(201);
});

test("with a configured admin key any stored one can go", async () => {
  await using app = await startHttpApp();
  const made = await app.call("POST", "/api/keys", { body: { name: "A", scope: "admin", tenant: null } });
  expect((await app.call("DELETE", `/api/keys/${made.textAt("data.id")}`)).status).toBe(200);
});

test.each([
  [{ scope: "read" }, "/name"],
  [{ name: "", scope: "read" }, "/name"],
  [{ name: "x".repeat(101), scope: "read" }, "/name"],
  [{ name: "A", scope: "write" }, "/scope"],
  [{ name: "A", scope: "read", tenant: "a b" }, "/tenant"],
  [{ name: "A", scope: "read", expires_at: "2024-12-30T10:00:00Z" }, "/expires_at"],
  [{ name: "A", scope: "read", expires_at: "tomorrow" }, "/expires_at"],
  [{ name: "A", scope: "read", expires: "2099-01-01T00:00:00Z" }, "/expires"],
])("the key %j is a 422 at %s", async (body, path) => {
  await using app = await startHttpApp();
  const told = await app.call("POST", "/api/keys", { body });
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, path]);
  expect((await app.call("GET", "/api/keys")).at("data")).toEqual([]);
});

test("keys come in pages, each cursor good for its own list only", async () => {
  await using app = await startHttpApp();
  const made: string[] = [];
  for (let n = 0; n < 3; n++) {
    const body = { name: `key ${n}`, scope: "read" };
    made.unshift((await app.call("POST", "/api/keys", { body })).textAt("data.id"));
  }
  const first = await app.call("GET", "/api/keys?limit=2");
  const cursor = first.textAt("page.next_cursor");
  const second = await app.call("GET", `/api/keys?limit=2&cursor=${cursor}`);
  const ids = [first, second].flatMap((told) => (told.at("data") as { id: string }[]).map(({ id }) => id));
  expect(ids).toEqual(made);
  expect(second.at("page.next_cursor")).toBeNull();
  const elsewhere = await app.call("GET", `/api/keys?cursor=${cursor}`, { headers: { "X-Tenant": "other" } });
  expect([elsewhere.status, elsewhere.at("error.code")]).toEqual([422, "validation_failed"]);
});
