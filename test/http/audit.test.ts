import { expect, test } from "bun:test";
import { StoreError } from "../../src/store/contract.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";
import { attempt, settle } from "./settled.ts";

const SECRET = "a-secret-of-the-webhook";
const TOKEN = "the-token-of-a-header";
const HOOK = { url: "https://example.com/hook", events: ["resume.created"] };

interface Entry {
  readonly id: string;
  readonly action: string;
  readonly request_id: string | null;
  readonly target: { readonly id: string };
}

function rows(told: Told): readonly Entry[] {
  return Object(told.json).data;
}

async function newWebhook(app: HttpApp, fields: object = {}, headers = {}): Promise<string> {
  return (await app.call("POST", "/api/webhooks", { body: { ...HOOK, ...fields }, headers })).textAt("data.id");
}

const CONFIGURED = { type: "configured_key", id: null, name: null, scope: "admin", via: "key" };

test("a change is told with who made it, when, in which request, and what it was before and after", async () => {
  await using app = await startHttpApp();
  const id = await newWebhook(app);
  await app.world.clock.advance(1_000);
  const body = { events: ["resume.*"], active: false, description: "d", retry_schedule: ["5s", "1m"], timeout: "10s" };
  const changed = await app.call("PUT", `/api/webhooks/${id}`, { body: { ...body, url: "https://two.example/?k=1" } });
  expect((await app.call("GET", "/api/audit?limit=1")).json).toEqual({
    success: true,
    data: [
      {
        id: expect.stringMatching(/^audit_[0-9a-z]{26}$/),
        at: "2024-12-30T10:00:01.000Z",
        action: "webhook.updated",
        actor: CONFIGURED,
        request_id: changed.headers.get("x-request-id"),
        tenant: "default",
        target: { id, name: "https://two.example/?k=1" },
        changes: [
          { field: "url", from: HOOK.url, to: "https://two.example/?k=1" },
          { field: "events", from: HOOK.events, to: ["resume.*"] },
          { field: "active", from: true, to: false },
          { field: "description", from: null, to: "d" },
          { field: "retry_schedule", from: null, to: ["5s", "1m"] },
          { field: "timeout", from: null, to: "10s" },
        ],
      },
    ],
    page: { next_cursor: expect.any(String) },
  });
});

test("what is too long to be kept whole is told as what was removed and what was added, and says so", async () => {
  await using app = await startHttpApp({ settings: { catalogue: "any" } });
  const long = Array.from({ length: 99 }, (_, number) => `group${number}.${"x".repeat(80)}`);
  const id = await newWebhook(app, { events: ["before.this", ...long] });
  await app.call("PUT", `/api/webhooks/${id}`, { body: { events: [...long, "after.this"], active: false } });
  expect((await app.call("GET", "/api/audit?limit=1")).at("data.0.changes")).toEqual([
    { field: "events", from: ["before.this"], to: ["after.this"], cut: true },
    { field: "active", from: true, to: false },
  ]);
});

test("no secret, no header's value and no key is in it, whatever was done with them", async () => {
  await using app = await startHttpApp();
  const id = await newWebhook(app, { secret: SECRET, headers: { "X-Token": TOKEN } });
  await app.call("GET", `/api/webhooks/${id}/secret`);
  const other = { secret: `${SECRET}-2`, headers: { "X-Token": `${TOKEN}-2`, "X-Other": TOKEN } };
  await app.call("PUT", `/api/webhooks/${id}`, { body: other });
  const key = await app.call("POST", "/api/keys", { body: { name: "The app", scope: "publish" } });
  const told = await app.call("GET", "/api/audit");
  expect(told.at("data.1.changes")).toEqual([
    { field: "secret" },
    { field: "headers", from: ["X-Token"], to: ["X-Token", "X-Other"] },
  ]);
  for (const hidden of [SECRET, TOKEN, key.textAt("data.token"), ADMIN_KEY]) expect(told.text).not.toContain(hidden);
});

test("a webhook that is sent back as it was read leaves nothing", async () => {
  await using app = await startHttpApp();
  const id = await newWebhook(app, { secret: SECRET, headers: { "X-Token": TOKEN } });
  const { secret: _, ...shown } = Object((await app.call("GET", `/api/webhooks/${id}`)).at("data"));
  expect((await app.call("PUT", `/api/webhooks/${id}`, { body: { ...shown, secret: SECRET } })).status).toBe(200);
  expect(rows(await app.call("GET", "/api/audit")).map(({ action }) => action)).toEqual(["webhook.created"]);
});

test("a stored key is told by its name, and by its session too, also when it is gone", async () => {
  await using app = await startHttpApp();
  const made = await app.call("POST", "/api/keys", { body: { name: "Dashboard", scope: "manage" } });
  const [keyId, key] = [made.textAt("data.id"), made.textAt("data.token")];
  const id = await newWebhook(app);
  await app.call("GET", `/api/webhooks/${id}/secret`, { key });
  const opened = await app.call("POST", "/api/session", { key: null, body: { key } });
  const [Cookie = ""] = (opened.headers.get("set-cookie") ?? "").split(";");
  const headers = { Cookie, Origin: "http://localhost" };
  expect((await app.call("DELETE", `/api/webhooks/${id}`, { key: null, headers })).status).toBe(200);
  await app.call("DELETE", `/api/keys/${keyId}`);
  const actor = { type: "key", id: keyId, name: "Dashboard", scope: "manage" };
  expect((await app.call("GET", `/api/audit?actor_id=${keyId}`)).at("data")).toMatchObject([
    { action: "webhook.deleted", actor: { ...actor, via: "session" } },
    { action: "secret.read", actor: { ...actor, via: "key" } },
  ]);
  expect((await app.call("GET", `/api/audit?key_id=${keyId}`)).at("data")).toMatchObject([
    { action: "key.deleted", actor: CONFIGURED, tenant: "default", target: { name: "Dashboard" }, changes: [] },
    {
      action: "key.created",
      changes: [
        { field: "name", from: null, to: "Dashboard" },
        { field: "scope", from: null, to: "manage" },
        { field: "tenant", from: null, to: "default" },
      ],
    },
  ]);
});

test("a key's end is told as the API writes times", async () => {
  await using app = await startHttpApp();
  const body = { name: "For a while", scope: "read", expires_at: "2099-12-31T23:59:59Z" };
  await app.call("POST", "/api/keys", { body });
  const told = await app.call("GET", "/api/audit");
  expect(told.at("data.0.changes.3")).toEqual({ field: "expires_at", from: null, to: "2099-12-31T23:59:59.000Z" });
});

test("what a receiver's 410 did is told as Posthorn's own doing", async () => {
  await using app = await startHttpApp();
  const id = await newWebhook(app);
  await app.call("POST", "/api/events", { body: { type: "resume.created", data: {} } });
  const gone = attempt({ code: "status", statusCode: 410, error: "HTTP 410 Gone" });
  await settle(app, 0, { to: "failed", because: "gone" }, gone);
  expect((await app.call("GET", "/api/audit?action=webhook.disabled")).at("data")).toMatchObject([
    {
      actor: { type: "posthorn", id: null, name: null, scope: null, via: null },
      request_id: null,
      target: { id, name: HOOK.url },
      changes: [
        { field: "active", from: true, to: false },
        { field: "disabled_reason", from: null, to: "gone" },
      ],
    },
  ]);
});

test("a secret that cannot be noted as read is not shown", async () => {
  const full = () => Promise.reject(new StoreError("full", "no room"));
  await using app = await startHttpApp({ wrap: (store) => ({ ...store, readSecret: full }) });
  const id = await newWebhook(app, { secret: SECRET });
  const told = await app.call("GET", `/api/webhooks/${id}/secret`);
  expect([told.status, told.at("error.code")]).toEqual([503, "storage_full"]);
  expect(told.text).not.toContain(SECRET);
});

test("nobody but an admin reads it, and one of a tenant reads its own alone", async () => {
  await using app = await startHttpApp();
  const mine = await newWebhook(app, {}, { "X-Tenant": "acme" });
  const foreign = await newWebhook(app, {}, { "X-Tenant": "other" });
  await app.call("POST", "/api/keys", { body: { name: "All", scope: "read", tenant: null } });
  for (const scope of ["read", "manage", "publish"] as const) {
    const told = await app.call("GET", "/api/audit", { key: await app.key(scope) });
    expect([told.status, told.at("error.code")]).toEqual([403, "insufficient_scope"]);
  }
  const key = await app.key("admin", "acme");
  const seen = rows(await app.call("GET", "/api/audit", { key }));
  expect(seen.map(({ action }) => action)).toEqual(["key.created", "webhook.created"]);
  expect(seen[1]?.target.id).toBe(mine);
  expect((await app.call("GET", `/api/audit?webhook_id=${foreign}`, { key })).at("data")).toEqual([]);
  const headers = { "X-Tenant": "other" };
  expect((await app.call("GET", "/api/audit", { key, headers })).status).toBe(403);
  expect(rows(await app.call("GET", "/api/audit", { headers })).map(({ target }) => target.id)).toEqual([foreign]);
  expect(rows(await app.call("GET", "/api/audit")).length).toBe(7);
});

test("it comes in pages, each cursor good for its own filters and tenant only", async () => {
  await using app = await startHttpApp();
  const made: string[] = [];
  for (let n = 0; n < 5; n++) made.unshift(await newWebhook(app));
  const first = await app.call("GET", "/api/audit?limit=3");
  const cursor = first.textAt("page.next_cursor");
  const second = await app.call("GET", `/api/audit?limit=3&cursor=${cursor}`);
  expect([...rows(first), ...rows(second)].map(({ target }) => target.id)).toEqual(made);
  expect(second.at("page.next_cursor")).toBeNull();
  const ids = [...rows(first), ...rows(second)].map(({ id }) => id);
  expect(new Set(ids).size).toBe(5);
  expect(ids.toSorted().reverse()).toEqual(ids);
  const elsewhere = [
    app.call("GET", `/api/audit?cursor=${cursor}`, { headers: { "X-Tenant": "other" } }),
    app.call("GET", `/api/audit?cursor=${cursor}&action=secret.read`),
    app.call("GET", `/api/audit?cursor=${cursor}&webhook_id=${made[0]}`),
    app.call("GET", `/api/keys?cursor=${cursor}`),
  ];
  for (const told of await Promise.all(elsewhere)) expect(told.at("error.details.0.path")).toBe("?cursor");
});

test.each([
  ["action=webhook.renamed", "?action"],
  ["action=", "?action"],
  ["webhook_id=key_01jgb4s0c8p5r2v6k9m3x7t1qz", "?webhook_id"],
  ["webhook_id=", "?webhook_id"],
  ["actor_id=configured_key", "?actor_id"],
  ["key_id=webhook_01jgb4rkz07wdbqzv3y2m6x8sc", "?key_id"],
  ["webhook_id=webhook_01jgb4rkz07wdbqzv3y2m6x8sc&key_id=key_01jgb4s0c8p5r2v6k9m3x7t1qz", "?key_id"],
  ["tenant=other", "?tenant"],
  ["limit=201", "?limit"],
])("%s is a 422 at %s", async (query, path) => {
  await using app = await startHttpApp();
  const told = await app.call("GET", `/api/audit?${query}`);
  expect([told.status, told.at("error.details.0.path")]).toEqual([422, path]);
});

test("it cannot be written by anybody", async () => {
  await using app = await startHttpApp();
  for (const method of ["POST", "PUT", "DELETE"]) expect((await app.call(method, "/api/audit")).status).toBe(405);
});
