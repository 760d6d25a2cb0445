import { expect, test } from "bun:test";
import { newToken } from "../../src/domain/token.ts";
import { listen } from "../../src/http/server.ts";
import { WRONG_KEY_SOURCES_MAX, WRONG_KEYS_BURST } from "../../src/limits.ts";
import type { Store } from "../../src/store/contract.ts";
import { ADMIN_KEY, type Asked, type HttpApp, startHttpApp, type Told } from "../support/http-app.ts";

const HERE = "203.0.113.7";

/** A key that has the right form and check characters, another one each time. */
function unknownKey(number: number): string {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number + 1);
  return newToken(bytes);
}

/** A session's token of the right form. */
function unknownSession(number: number): string {
  return `posthorn_session=${String(number).padStart(43, "x")}`;
}

function ask(app: HttpApp, asked: Asked): Promise<Told> {
  return app.call("GET", "/api/webhooks", asked);
}

/** As many wrong keys as an address may send at once. */
async function spend(app: HttpApp, from: string): Promise<void> {
  for (let wrong = 0; wrong < WRONG_KEYS_BURST; wrong++) {
    const told = await ask(app, { key: unknownKey(wrong), from });
    expect([told.status, told.at("error.code")]).toEqual([401, "invalid_key"]);
  }
}

function expectSlowed(told: Told): void {
  expect([told.status, told.at("error.code")]).toEqual([429, "too_many_wrong_keys"]);
  expect(told.headers.get("retry-after")).toBe("1");
}

const SESSION = { path: "/api/session", method: "POST" } as const;

/** Everything that can be sent in the place of a key. */
const WRONG: readonly (readonly [string, (app: HttpApp) => Promise<Told>])[] = [
  ["an unknown key", (app) => ask(app, { key: unknownKey(99), from: HERE })],
  ["a mistyped key", (app) => ask(app, { key: unknownKey(99).slice(1), from: HERE })],
  ["a text that is no key", (app) => ask(app, { key: "hunter2", from: HERE })],
  ["a webhook's secret", (app) => ask(app, { key: "whsec_c2VjcmV0", from: HERE })],
  ["an expired key", async (app) => ask(app, { key: await app.key("read", null, 1), from: HERE })],
  [
    "an unknown key for a session",
    (app) => app.call(SESSION.method, SESSION.path, { key: null, body: { key: unknownKey(99) }, from: HERE }),
  ],
];

test.each(WRONG)("%s after ten wrong keys in a second is a 429 that says when to come back", async (_, send) => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  expectSlowed(await send(app));
});

test.each(WRONG)("%s counts: ten of it, and the next wrong key is a 429", async (_, send) => {
  await using app = await startHttpApp();
  for (let wrong = 0; wrong < WRONG_KEYS_BURST; wrong++) expect((await send(app)).status).toBe(401);
  expectSlowed(await ask(app, { key: unknownKey(1), from: HERE }));
});

test("what is valid is not held up, from the same address either", async () => {
  await using app = await startHttpApp();
  const key = await app.key("read", "acme");
  const opened = await app.call("POST", "/api/session", { key: null, body: { key }, from: HERE });
  const Cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  await spend(app, HERE);
  for (let turn = 0; turn < 30; turn++) {
    expectSlowed(await ask(app, { key: unknownKey(turn), from: HERE }));
    for (const asked of [{ key }, { key: ADMIN_KEY }, { key: null, headers: { Cookie } }]) {
      expect((await ask(app, { ...asked, from: HERE })).status).toBe(200);
    }
  }
  const another = await app.key("manage");
  expect((await ask(app, { key: another, from: HERE })).status).toBe(200);
  expect((await app.call("POST", "/api/session", { key: null, body: { key }, from: HERE })).status).toBe(201);
});

test("a request without any key is not a wrong one", async () => {
  await using app = await startHttpApp();
  for (let turn = 0; turn < 3 * WRONG_KEYS_BURST; turn++) {
    expect((await ask(app, { key: null, from: HERE })).at("error.code")).toBe("missing_key");
  }
  expect((await app.call("GET", "/livez", { key: null, from: HERE })).status).toBe(200);
});

test("a session that has ended says so, whoever tried keys from that address, and is not a wrong key", async () => {
  await using app = await startHttpApp();
  const opened = await app.call("POST", "/api/session", { key: null, body: { key: ADMIN_KEY }, from: HERE });
  const ended = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  await app.call("DELETE", "/api/session", { key: null, headers: { Cookie: ended, "Sec-Fetch-Site": "none" } });
  const askWithEach = async () => {
    for (const Cookie of [ended, unknownSession(1), "posthorn_session=1"]) {
      const told = await ask(app, { key: null, headers: { Cookie }, from: HERE });
      expect([told.status, told.at("error.code")]).toEqual([401, "invalid_session"]);
    }
  };
  for (let turn = 0; turn < WRONG_KEYS_BURST; turn++) await askWithEach();
  await spend(app, HERE);
  expectSlowed(await ask(app, { key: unknownKey(1), from: HERE }));
  await askWithEach();
});

test("an address that was slowed down may try one key a second, and after ten seconds of rest ten again", async () => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  for (let second = 0; second < 3; second++) {
    await app.world.clock.advance(999);
    expectSlowed(await ask(app, { key: unknownKey(1), from: HERE }));
    await app.world.clock.advance(1);
    expect((await ask(app, { key: unknownKey(1), from: HERE })).status).toBe(401);
  }
  await app.world.clock.advance(10_000);
  await spend(app, HERE);
  expectSlowed(await ask(app, { key: unknownKey(1), from: HERE }));
});

test("the log is told of such an address, once a minute however many there are, and of nobody else", async () => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  expect(app.slowedDown).toEqual([]);
  for (const from of [HERE, HERE, "198.51.100.1"]) await ask(app, { key: unknownKey(1), from });
  expect(app.slowedDown).toEqual([HERE]);
  await app.world.clock.advance(60_000);
  for (const from of ["198.51.100.1", "198.51.100.2"]) {
    await spend(app, from);
    await ask(app, { key: unknownKey(1), from });
  }
  expect(app.slowedDown).toEqual([HERE, "198.51.100.1"]);
});

test("whoever is let in is not asked for an address, which costs", async () => {
  await using app = await startHttpApp();
  let asked = 0;
  const requestIP = () => {
    asked += 1;
    return { address: HERE };
  };
  const send = (key: string) =>
    app.api.fetch(new Request("http://localhost/api/webhooks", { headers: { Authorization: `Bearer ${key}` } }), {
      ...{ timeout: () => {}, requestIP },
    });
  for (const key of [ADMIN_KEY, await app.key("read"), await app.key("publish")]) await send(key);
  expect(asked).toBe(0);
  await send("hunter2");
  expect(asked).toBe(1);
});

test("a wall clock that steps neither frees nor holds an address", async () => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  app.world.clock.stepWall(86_400_000);
  expectSlowed(await ask(app, { key: unknownKey(1), from: HERE }));
  app.world.clock.stepWall(-2 * 86_400_000);
  await app.world.clock.advance(1_000);
  expect((await ask(app, { key: unknownKey(1), from: HERE })).status).toBe(401);
});

test.each([
  ["203.0.113.7", "203.0.113.8", false],
  ["203.0.113.7", "::ffff:203.0.113.7", true],
  ["::ffff:203.0.113.7", "::ffff:203.0.113.8", false],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["fe80::1%eth0", "fe80::2%eth0", true],
  ["::1", "127.0.0.1", false],
  ["::1", "::ffff:0.0.0.1", false],
])("wrong keys from %s slow %s down: %p", async (one, other, isSame) => {
  await using app = await startHttpApp();
  await spend(app, one);
  const told = await ask(app, { key: unknownKey(1), from: other });
  expect(told.status).toBe(isSame ? 429 : 401);
});

test("no header makes an address another one", async () => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"]) {
    expectSlowed(await ask(app, { key: unknownKey(1), headers: { [name]: "198.51.100.1" }, from: HERE }));
  }
});

test("more addresses than are remembered cost no more memory, and the latest of them stays slowed down", async () => {
  await using app = await startHttpApp();
  await spend(app, HERE);
  for (let at = 0; at < WRONG_KEY_SOURCES_MAX; at++) {
    await ask(app, { key: "hunter2", from: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` });
  }
  expect((await ask(app, { key: "hunter2", from: HERE })).status).toBe(401);
  await spend(app, "198.51.100.1");
  expectSlowed(await ask(app, { key: "hunter2", from: "198.51.100.1" }));
});

/** Counts how often the store is asked for a key or a session, and with what. */
function watched(asked: string[]): (store: Store) => Store {
  return (store) => ({
    ...store,
    findKey: (hash) => {
      asked.push(hash);
      return store.findKey(hash);
    },
    findSession: (hash, now) => {
      asked.push(hash);
      return store.findSession(hash, now);
    },
  });
}

test("what cannot be a key or a session's token is not looked up", async () => {
  const asked: string[] = [];
  await using app = await startHttpApp({ wrap: watched(asked) });
  for (const key of ["hunter2", unknownKey(1).slice(0, -1), `${ADMIN_KEY}x`, "whsec_c2VjcmV0", "posthorn_"]) {
    expect((await ask(app, { key })).status).toBe(401);
  }
  for (const token of ["", "1", ADMIN_KEY, "x".repeat(44), `${"x".repeat(42)}!`]) {
    expect((await ask(app, { key: null, headers: { Cookie: `posthorn_session=${token}` } })).status).toBe(401);
    await app.call("DELETE", "/api/session", { key: null, headers: { Cookie: `posthorn_session=${token}` } });
  }
  expect(asked).toEqual([]);
});

test("keys and sessions are looked up by their SHA-256 alone: a token is never compared with another", async () => {
  const asked: string[] = [];
  await using app = await startHttpApp({ wrap: watched(asked) });
  const key = await app.key("read");
  await ask(app, { key });
  await ask(app, { key: null, headers: { Cookie: unknownSession(1) } });
  await app.call("POST", "/api/session", { key: null, body: { key } });
  expect(asked).toHaveLength(3);
  for (const hash of asked) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a key that is close to the configured one is refused like any other, wherever it differs", async () => {
  await using app = await startHttpApp();
  const close = [...ADMIN_KEY].map((_, at) => `${ADMIN_KEY.slice(0, at)}#${ADMIN_KEY.slice(at + 1)}`);
  const told = await Promise.all(
    [...close, ADMIN_KEY.slice(1), `${ADMIN_KEY}#`].map((key, at) => ask(app, { key, from: `192.0.2.${at}` })),
  );
  const answers = told.map(({ status, at }) => JSON.stringify([status, at("error.code"), at("error.message")]));
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toContain("invalid_key");
});

test("on a socket it is the socket's address that counts, also when the key had to be looked up", async () => {
  await using app = await startHttpApp();
  const listening = listen(app.parts, { hostname: "127.0.0.1", port: 0 });
  const send = (key: string, forwardedFor: string) =>
    fetch(`${listening.url}/api/webhooks/webhook_01jgb4rkz07wdbqzv3y2m6x8sc`, {
      headers: { Authorization: `Bearer ${key}`, "X-Forwarded-For": forwardedFor },
    });
  for (let wrong = 0; wrong < WRONG_KEYS_BURST; wrong++) {
    expect((await send(unknownKey(wrong), `198.51.100.${wrong}`)).status).toBe(401);
  }
  const slowed = await send(unknownKey(10), "198.51.100.10");
  expect([slowed.status, slowed.headers.get("retry-after")]).toEqual([429, "1"]);
  expect((await send(ADMIN_KEY, "198.51.100.11")).status).toBe(404);
  // No socket, no address: what comes so is counted apart from every address.
  expect((await ask(app, { key: unknownKey(11) })).status).toBe(401);
  await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
});
