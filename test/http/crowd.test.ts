import { expect, test } from "bun:test";
import { listen } from "../../src/http/server.ts";
import { WRONG_KEYS_BURST } from "../../src/limits.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";
import { openWire } from "../support/wire.ts";

const FROM = "203.0.113.7";

/** What somebody may ask without a valid key. */
const STRANGERS: readonly (readonly [string, (app: HttpApp) => Promise<Told>])[] = [
  ["asks an open route", (app) => app.call("GET", "/livez", { key: null })],
  ["asks an open route with any key", (app) => app.call("GET", "/livez", { key: "hunter2" })],
  ["asks for a path that is none", (app) => app.call("GET", "/nothing")],
  ["asks for a path that is none, with a place", (app) => app.call("GET", "/api/webhooks/a/b/c/d")],
  ["takes another method", (app) => app.call("PATCH", "/api/webhooks")],
  ["shows no key", (app) => app.call("POST", "/api/events", { key: null, body: {} })],
  ["shows a wrong key", (app) => app.call("GET", "/api/webhooks", { key: "hunter2" })],
  ["shows a wrong cookie", (app) => app.call("GET", "/api/webhooks", { key: null, headers: COOKIE })],
  ["logs in with a wrong key", (app) => app.call("POST", "/api/session", { key: null, body: { key: "hunter2" } })],
  ["shows the last of many wrong keys", showManyKeys],
];
const COOKIE = { Cookie: "posthorn_session=x" };

async function showManyKeys(app: HttpApp): Promise<Told> {
  const show = () => app.call("GET", "/api/webhooks", { key: "hunter2", from: FROM });
  for (let wrong = 0; wrong < WRONG_KEYS_BURST; wrong++) await show();
  const told = await show();
  expect(told.status).toBe(429);
  return told;
}

test.each(STRANGERS)("whoever %s keeps the connection only while there are enough", async (_, ask) => {
  let isCrowded = false;
  await using app = await startHttpApp({ isCrowded: () => isCrowded });
  expect((await ask(app)).headers.get("connection")).toBeNull();
  isCrowded = true;
  expect((await ask(app)).headers.get("connection")).toBe("close");
  isCrowded = false;
  expect((await ask(app)).headers.get("connection")).toBeNull();
});

test("whoever shows a valid key or session keeps the connection, also for what is refused", async () => {
  await using app = await startHttpApp({ isCrowded: () => true });
  const opened = await app.call("POST", "/api/session", { key: null, body: { key: ADMIN_KEY } });
  const Cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const told = [
    await app.call("GET", "/api/webhooks"),
    await app.call("GET", "/api/webhooks", { key: null, headers: { Cookie } }),
    await app.call("POST", "/api/events", { body: {} }),
    await app.call("GET", "/api/events/nothing"),
    await app.call("GET", "/api/keys", { key: await app.key("publish") }),
  ];
  expect(told.map(({ status }) => status)).toEqual([200, 200, 422, 404, 403]);
  expect(told.map(({ headers }) => headers.get("connection"))).toEqual([null, null, null, null, null]);
});

test("in a crowd, a body that is still to come holds no connection of whoever shows no key", async () => {
  await using app = await startHttpApp({ isCrowded: () => true });
  const listening = listen(app.parts, { hostname: "127.0.0.1", port: 0 });
  using wire = openWire(listening.port);
  wire.write("POST /api/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{");
  const { responses } = await wire.closed;
  expect(responses.map(({ status }) => status)).toEqual([401]);
  await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
});
