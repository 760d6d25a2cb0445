import { expect, test } from "bun:test";
import { hashToken } from "../../src/domain/token.ts";
import type { Scope } from "../../src/store/contract.ts";
import { ADMIN_KEY, type Asked, type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const SCOPES: readonly Scope[] = ["read", "manage", "publish", "admin"];
const TENANTS = [undefined, null, "acme", "other", "default"] as const;

interface Made {
  readonly id: string;
  readonly token: string;
}

/** A key, made by the admin of everything. */
async function made(app: HttpApp, scope: Scope, tenant: string | null): Promise<Made> {
  const told = await app.call("POST", "/api/keys", { body: { name: "A", scope, tenant } });
  return { id: told.textAt("data.id"), token: told.textAt("data.token") };
}

/** The same holder in both ways: by the key, and by a session on a page of ours. */
async function waysOf(app: HttpApp, key: string): Promise<readonly Asked[]> {
  const opened = await app.call("POST", "/api/session", { key: null, body: { key } });
  const [Cookie = ""] = (opened.headers.get("set-cookie") ?? "").split(";");
  return [{ key }, { key: null, headers: { Cookie, Origin: "http://localhost" } }];
}

async function keyIds(app: HttpApp): Promise<readonly unknown[]> {
  const data: unknown = (await app.call("GET", "/api/keys?limit=200")).at("data");
  return Array.isArray(data) ? data.map(({ id }) => id) : [];
}

function saidIn({ status, at }: Told): readonly [number, unknown] {
  return [status, status < 400 ? null : at("error.code")];
}

test.each(["read", "manage", "publish"] as const)("whoever has %s makes no key at all, however small", async (mine) => {
  await using app = await startHttpApp();
  for (const tenant of [null, "acme"]) {
    for (const way of await waysOf(app, (await made(app, mine, tenant)).token)) {
      const before = await keyIds(app);
      for (const scope of SCOPES) {
        for (const wanted of TENANTS) {
          const body = { name: "B", scope, ...(wanted !== undefined && { tenant: wanted }) };
          expect(saidIn(await app.call("POST", "/api/keys", { ...way, body }))).toEqual([403, "insufficient_scope"]);
        }
      }
      for (const id of before) {
        expect(saidIn(await app.call("DELETE", `/api/keys/${id}`, way))).toEqual([403, "insufficient_scope"]);
      }
      expect(await keyIds(app)).toEqual(before);
    }
  }
});

test("an admin of one tenant makes keys of that tenant, and of nothing wider by any way", async () => {
  await using app = await startHttpApp();
  for (const way of await waysOf(app, (await made(app, "admin", "acme")).token)) {
    for (const named of [undefined, "acme", "other", "default"]) {
      for (const wanted of TENANTS) {
        const headers = { ...way.headers, ...(named !== undefined && { "X-Tenant": named }) };
        const body = { name: "B", scope: "admin", ...(wanted !== undefined && { tenant: wanted }) };
        const told = await app.call("POST", "/api/keys", { ...way, headers, body });
        const may = (named === undefined || named === "acme") && (wanted === undefined || wanted === "acme");
        expect([named, wanted, ...saidIn(told)]).toEqual([
          named,
          wanted,
          ...(may ? [201, null] : [403, "foreign_tenant"]),
        ]);
        if (may) expect(told.at("data.tenant")).toBe("acme");
      }
    }
  }
});

test("an admin of all tenants that names one makes and deletes keys of that one only", async () => {
  await using app = await startHttpApp();
  const { token } = await made(app, "admin", null);
  const others = [await made(app, "read", "other"), await made(app, "admin", null)];
  for (const way of await waysOf(app, token)) {
    const headers = { ...way.headers, "X-Tenant": "acme" };
    for (const tenant of [null, "other", "default"]) {
      const told = await app.call("POST", "/api/keys", { ...way, headers, body: { name: "B", scope: "read", tenant } });
      expect(saidIn(told)).toEqual([403, "foreign_tenant"]);
    }
    for (const { id } of others) {
      expect(saidIn(await app.call("DELETE", `/api/keys/${id}`, { ...way, headers }))).toEqual([404, "not_found"]);
    }
  }
});

test("an admin of one tenant deletes no key of all tenants, and learns nothing of it", async () => {
  await using app = await startHttpApp({ settings: { adminKeyHash: null } });
  const root = await app.key("admin");
  const rootId = await app.call("GET", "/api/keys", { key: root });
  const acme = await app.key("admin", "acme");
  for (const way of await waysOf(app, acme)) {
    const told = await app.call("DELETE", `/api/keys/${rootId.textAt("data.0.id")}`, way);
    expect(saidIn(told)).toEqual([404, "not_found"]);
    expect((await app.call("GET", "/api/keys", way)).at("data")).toBeArrayOfSize(1);
  }
  expect((await app.call("GET", "/api/keys", { key: root })).status).toBe(200);
});

test("two last admins that delete each other at the same moment leave one", async () => {
  await using app = await startHttpApp({ settings: { adminKeyHash: null } });
  const keys = [await app.key("admin"), await app.key("admin")];
  const list = await app.call("GET", "/api/keys", { key: keys[0] ?? null });
  const ids = [list.textAt("data.1.id"), list.textAt("data.0.id")];
  const told = await Promise.all(
    [0, 1].map((at) => app.call("DELETE", `/api/keys/${ids[1 - at]}`, { key: keys[at] ?? null })),
  );
  expect(told.map(saidIn).sort()).toEqual([
    [200, null],
    [409, "last_admin_key"],
  ]);
  const left = await Promise.all(keys.map((key) => app.call("GET", "/api/keys", { key })));
  expect(left.map(({ status }) => status).sort()).toEqual([200, 401]);
});

test("a key that deletes itself has ended, and so have its sessions", async () => {
  await using app = await startHttpApp();
  const { id, token } = await made(app, "admin", "acme");
  const ways = await waysOf(app, token);
  expect((await app.call("DELETE", `/api/keys/${id}`, ways[1])).status).toBe(200);
  for (const way of ways) expect((await app.call("GET", "/api/keys", way)).status).toBe(401);
});

const NAMES_THAT_ARE_NONE = [
  ...["", "*", "acme,other", "other, acme", "../other", "a/b", "%6fther", "acme\tother", "o".repeat(65), "öther"],
  ...["null ", "acme;other", '"other"', "acme other", "other.", "acme\u00a0"],
];

test.each(NAMES_THAT_ARE_NONE)("X-Tenant %j is no tenant and reaches none", async (named) => {
  await using app = await startHttpApp();
  const body = { url: "https://example.com/hook", events: ["*"] };
  for (const tenant of [null, "acme"]) {
    const key = await app.key("admin", tenant);
    const headers = { "X-Tenant": named };
    // A header's value has no space around it (RFC 9110 §5.5): `null ` is the tenant of that name.
    const expected = named.trim() !== "null" ? 422 : tenant === null ? 201 : 403;
    expect((await app.call("POST", "/api/webhooks", { key, headers, body })).status).toBe(expected);
  }
  expect((await app.call("GET", "/api/webhooks", { headers: { "X-Tenant": "other" } })).at("data")).toEqual([]);
});

test.each(["__proto__", "constructor", "default", "0", "-", "_", "ACME"])(
  "the tenant %s is one like any other: a key of it sees its own rows alone",
  async (tenant) => {
    await using app = await startHttpApp();
    const body = { url: "https://example.com/hook", events: ["*"] };
    await app.call("POST", "/api/webhooks", { headers: { "X-Tenant": "acme" }, body });
    const key = await app.key("manage", tenant);
    expect((await app.call("GET", "/api/webhooks", { key })).at("data")).toEqual([]);
    expect((await app.call("POST", "/api/webhooks", { key, body })).status).toBe(201);
    expect((await app.call("GET", "/api/webhooks", { key })).at("data")).toBeArrayOfSize(1);
    const seen = await app.call("GET", "/api/webhooks", { headers: { "X-Tenant": "acme" } });
    expect(seen.at("data")).toBeArrayOfSize(1);
  },
);

test("what a stolen database tells opens nothing: a hash is neither a key nor a session", async () => {
  await using app = await startHttpApp();
  const { token } = await made(app, "admin", null);
  const [, way] = await waysOf(app, token);
  const session = way?.headers?.["Cookie"]?.split("=")[1] ?? "";
  for (const [at, secret] of [token, ADMIN_KEY, session].entries()) {
    const hash = hashToken(secret);
    const base64 = Buffer.from(hash, "hex").toString("base64url");
    for (const text of [hash, base64, `posthorn_${base64}`]) {
      const from = `192.0.2.${at}`;
      expect((await app.call("GET", "/api/keys", { key: text, from })).status).toBe(401);
      const headers = { Cookie: `posthorn_session=${text}` };
      expect((await app.call("GET", "/api/keys", { key: null, headers, from })).status).toBe(401);
    }
  }
});

test("a session's token is no key, a key is no session, and neither opens a session by itself", async () => {
  await using app = await startHttpApp();
  const { token } = await made(app, "admin", null);
  const [, way] = await waysOf(app, token);
  const session = way?.headers?.["Cookie"]?.split("=")[1] ?? "";
  expect((await app.call("GET", "/api/keys", { key: session })).status).toBe(401);
  const headers = { Cookie: `posthorn_session=${token}` };
  expect((await app.call("GET", "/api/keys", { key: null, headers })).status).toBe(401);
  expect((await app.call("POST", "/api/session", { key: null, body: { key: session } })).status).toBe(401);
  expect((await app.call("POST", "/api/session", { ...way, body: {} })).status).toBe(422);
});

test.each(["scope", "tenant", "expires_at"])("whoever opens a session does not choose its %s", async (field) => {
  await using app = await startHttpApp();
  const { token } = await made(app, "read", "acme");
  const body = { key: token, [field]: field === "scope" ? "admin" : null };
  expect((await app.call("POST", "/api/session", { key: null, body })).status).toBe(422);
  const opened = await app.call("POST", "/api/session", {
    key: null,
    body: { key: token },
    headers: { "X-Tenant": "other" },
  });
  expect(opened.at("data")).toMatchObject({ scope: "read", tenant: "acme" });
});

test("of two cookies of the name, one decides, for who it is as for where it comes from", async () => {
  await using app = await startHttpApp();
  const [, admin] = await waysOf(app, ADMIN_KEY);
  const [, reader] = await waysOf(app, (await made(app, "read", "acme")).token);
  const cookies = [admin, reader].map((way) => way?.headers?.["Cookie"] ?? "");
  const body = { url: "https://example.com/hook", events: ["*"] };
  for (const Cookie of [cookies.join("; "), cookies.toReversed().join("; ")]) {
    const evil = { Cookie, Origin: "https://evil.example" };
    expect((await app.call("POST", "/api/webhooks", { key: null, body, headers: evil })).status).toBe(403);
    const own = { Cookie, Origin: "http://localhost" };
    const first = Cookie.startsWith(cookies[0] ?? "-");
    expect((await app.call("POST", "/api/webhooks", { key: null, body, headers: own })).status).toBe(first ? 201 : 403);
  }
});
