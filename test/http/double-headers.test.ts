import { expect, test } from "bun:test";
import { listen } from "../../src/http/server.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp } from "../support/http-app.ts";
import { openWire } from "../support/wire.ts";

const BODY = JSON.stringify({ url: "https://example.com/hook", events: ["*"] });

/** Makes a webhook by a request whose head is written as it stands, and tells the status. */
async function make(app: HttpApp, headers: readonly string[]): Promise<number | undefined> {
  const listening = listen(app.parts, { hostname: "127.0.0.1", port: 0 });
  const head = ["POST /api/webhooks HTTP/1.1", "Host: localhost", "Connection: close", ...headers];
  const kind = ["Content-Type: application/json", `Content-Length: ${BODY.length}`];
  using wire = openWire(listening.port);
  wire.write(`${[...head, ...kind].join("\r\n")}\r\n\r\n${BODY}`);
  const { responses } = await wire.closed;
  await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
  return responses[0]?.status;
}

async function webhooksOf(app: HttpApp, tenant: string): Promise<unknown> {
  return (await app.call("GET", "/api/webhooks", { headers: { "X-Tenant": tenant } })).at("data");
}

/** Whoever stands before Posthorn may look at one of two headers of a name, and Posthorn at the other. */
const DOUBLE: readonly (readonly [string, (reader: string, cookie: string) => readonly string[], number])[] = [
  ["a reader's key and then the admin's", (reader) => [bearer(reader), bearer(ADMIN_KEY)], 401],
  ["the admin's key and then a reader's", (reader) => [bearer(ADMIN_KEY), bearer(reader)], 401],
  ["the same key twice", () => [bearer(ADMIN_KEY), bearer(ADMIN_KEY)], 401],
  ["two tenants", () => [bearer(ADMIN_KEY), "X-Tenant: acme", "X-Tenant: other"], 422],
  ["a tenant and an empty one", () => [bearer(ADMIN_KEY), "X-Tenant: acme", "X-Tenant:"], 422],
  ["two origins, ours first", (_, cookie) => [cookie, "Origin: http://localhost", "Origin: https://evil.example"], 403],
  ["two origins, ours last", (_, cookie) => [cookie, "Origin: https://evil.example", "Origin: http://localhost"], 403],
  ["two sites", (_, cookie) => [cookie, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"], 403],
  ["a key behind a folded line", () => ["Authorization: Bearer", ` ${ADMIN_KEY}`], 400],
  ["a key whose header's name ends in a space", () => [`Authorization : Bearer ${ADMIN_KEY}`], 400],
];

function bearer(key: string): string {
  return `Authorization: Bearer ${key}`;
}

test.each(DOUBLE)("%s: nobody gets in by it", async (_, headersOf, status) => {
  await using app = await startHttpApp();
  const opened = await app.call("POST", "/api/session", { key: null, body: { key: ADMIN_KEY } });
  const cookie = `Cookie: ${(opened.headers.get("set-cookie") ?? "").split(";")[0]}`;
  expect(await make(app, headersOf(await app.key("read", "acme"), cookie))).toBe(status);
  for (const tenant of ["default", "acme", "other"]) expect(await webhooksOf(app, tenant)).toEqual([]);
});

test("each of them once is let in", async () => {
  await using app = await startHttpApp();
  expect(await make(app, [bearer(ADMIN_KEY), "X-Tenant: acme", "Origin: https://evil.example"])).toBe(201);
  expect(await webhooksOf(app, "acme")).toBeArrayOfSize(1);
});
