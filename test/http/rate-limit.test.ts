import { expect, test } from "bun:test";
import { type Asked, type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const PER_SECOND = 5;
const LIMITED = { settings: { ratePerSecond: PER_SECOND } };

function ask(app: HttpApp, asked: Asked): Promise<Told> {
  return app.call("GET", "/api/webhooks", asked);
}

/** A second's worth of requests with that key. */
async function spend(app: HttpApp, asked: Asked): Promise<void> {
  for (let sent = 0; sent < PER_SECOND; sent++) expect((await ask(app, asked)).status).toBe(200);
}

function expectLimited(told: Told): void {
  expect([told.status, told.at("error.code")]).toEqual([429, "rate_limited"]);
  expect(told.headers.get("retry-after")).toBe("1");
  expect(told.textAt("error.message")).toContain("5 requests a second");
  expect(told.textAt("error.message")).toContain("POSTHORN_RATE_LIMIT");
}

test("without the setting a key may send as much as it likes", async () => {
  await using app = await startHttpApp();
  const key = await app.key("read");
  for (let sent = 0; sent < 500; sent++) expect((await ask(app, { key })).status).toBe(200);
});

test("one second's worth may come at once; what comes beyond it waits, and time makes room", async () => {
  await using app = await startHttpApp(LIMITED);
  const key = await app.key("read");
  await spend(app, { key });
  expectLimited(await ask(app, { key }));
  await app.world.clock.advance(200);
  expect((await ask(app, { key })).status).toBe(200);
  expectLimited(await ask(app, { key }));
  await app.world.clock.advance(1_000);
  await spend(app, { key });
  expectLimited(await ask(app, { key }));
});

test("what one key sends, no other misses, nor the configured one", async () => {
  await using app = await startHttpApp(LIMITED);
  const [one, other] = [await app.key("read"), await app.key("read")];
  await spend(app, { key: one });
  expectLimited(await ask(app, { key: one }));
  await spend(app, { key: other });
  await spend(app, {});
  expectLimited(await ask(app, {}));
});

test("sessions count on the key that opened them, and opening one counts too", async () => {
  await using app = await startHttpApp(LIMITED);
  const key = await app.key("read");
  const open = () => app.call("POST", "/api/session", { key: null, body: { key } });
  const cookies: string[] = [];
  for (const opened of [await open(), await open()]) {
    expect(opened.status).toBe(201);
    cookies.push((opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "");
  }
  for (const Cookie of cookies) expect((await ask(app, { key: null, headers: { Cookie } })).status).toBe(200);
  expect((await ask(app, { key })).status).toBe(200);
  for (const Cookie of cookies) expectLimited(await ask(app, { key: null, headers: { Cookie } }));
  expectLimited(await ask(app, { key }));
  expectLimited(await open());
});

test("a request that is refused for its scope, its tenant or its body counts as well", async () => {
  await using app = await startHttpApp(LIMITED);
  const key = await app.key("read", "acme");
  const refused = await Promise.all([
    app.call("POST", "/api/webhooks", { key, body: {} }),
    app.call("GET", "/api/keys", { key }),
    ask(app, { key, headers: { "X-Tenant": "other" } }),
    app.call("GET", "/api/webhooks?limit=x", { key }),
    app.call("GET", "/api/events/unknown", { key }),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 422, 404]);
  expectLimited(await ask(app, { key }));
});

test("nothing is stored of an event that comes beyond the limit", async () => {
  await using app = await startHttpApp(LIMITED);
  const key = await app.key("publish");
  const event = { type: "resume.created", data: {} };
  const posted = await Promise.all(
    Array.from({ length: 3 * PER_SECOND }, () => app.call("POST", "/api/events", { key, body: event })),
  );
  const taken = posted.filter(({ status }) => status === 202);
  expect([taken.length, posted.length - taken.length]).toEqual([PER_SECOND, 2 * PER_SECOND]);
  for (const told of posted.filter(({ status }) => status !== 202)) expectLimited(told);
  expect((await app.call("GET", "/api/events")).at("data")).toBeArrayOfSize(PER_SECOND);
});

test("whoever watches the process is not counted", async () => {
  await using app = await startHttpApp(LIMITED);
  const key = await app.key("read");
  await spend(app, { key });
  for (let turn = 0; turn < 3 * PER_SECOND; turn++) {
    for (const path of ["/livez", "/readyz", "/health", "/metrics"]) {
      expect((await app.call("GET", path, { key })).status).toBe(200);
    }
  }
});

test("neither are what is open and what has no valid key", async () => {
  await using app = await startHttpApp({ settings: { ratePerSecond: 1 } });
  for (let turn = 0; turn < 5; turn++) {
    expect((await app.call("GET", "/swagger/json", { key: null })).status).toBe(200);
    expect((await app.call("DELETE", "/api/session", { key: null })).status).toBe(200);
    expect((await ask(app, { key: "hunter2" })).status).toBe(401);
  }
});
