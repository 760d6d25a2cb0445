import { beforeAll, expect, test } from "bun:test";
import { builtBinary } from "../support/binary-build.ts";
import { until } from "../support/until.ts";
import { openWire } from "../support/wire.ts";
import { startWireScene, WIRE_KEY } from "../support/wire-scene.ts";

const BUILD_MAX_MS = 120_000;
beforeAll(async () => void (await builtBinary()), BUILD_MAX_MS);

const KEY = `Authorization: Bearer ${WIRE_KEY}`;
const REFUSED = "400 closed";
/** What Bun says to another version than 1.0 and 1.1: RFC 9110 §15.6.6. */
const NO_VERSION = "505 closed";
const LONG = "x".repeat(64 * 1_024);
const KB_12 = "x".repeat(12 * 1_024);

/** A head of these lines. */
function head(...lines: readonly string[]): string {
  return [...lines, "", ""].join("\r\n");
}

function get(target: string, ...lines: readonly string[]): string {
  return head(`GET ${target} HTTP/1.1`, "Host: a", ...lines);
}

/** What is written, and the status that must be seen. */
type Attacks = Readonly<Record<string, readonly [bytes: string, seen: string]>>;

const TARGETS: Attacks = {
  "a whole URL": [get("http://b/livez"), "200"],
  "a whole URL of another scheme": [get("https://b/livez"), "200"],
  "a file's URL": [get("file:///etc/passwd"), REFUSED],
  "an authority": [get("a.example:443"), REFUSED],
  "an asterisk": [get("*"), REFUSED],
  "the server itself": [head("OPTIONS * HTTP/1.1", "Host: a"), REFUSED],
  "no slash": [get("livez"), REFUSED],
  nothing: [get(""), REFUSED],
  "a space": [get("/livez x"), NO_VERSION],
  NUL: [get("/livez\0"), NO_VERSION],
  "a line feed": [get("/livez\nX-A: b"), NO_VERSION],
  "a backslash": [get("\\livez"), REFUSED],
  "bytes that are no UTF-8": [get("/api/events/\xff\xfe\x80", KEY), "404"],
  "percent-encoding that is none": [get("/api/events/%E0%A4%A", KEY), "404"],
  "an encoded NUL": [get("/api/events/%00", KEY), "404"],
  "encoded dots, which lead out of an open route": [get("/livez/%2e%2e/api/keys"), "401"],
  "the same with a key": [get("/livez/%2e%2e/api/keys", KEY), "200"],
  "an encoded slash": [get("/api/webhooks/a%2f..%2f..%2fkeys", KEY), "404"],
  "12 KB": [get(`/api/events/${KB_12}`, KEY), "404"],
  "12 KB of a query": [get(`/api/webhooks?cursor=${KB_12}`, KEY), "422"],
  "a thousand parameters": [get(`/api/webhooks?${"a=1&b=2&".repeat(500)}`, KEY), "422"],
  "64 KB": [get(`/${LONG}`), "431 closed"],
  "64 KB of a query": [get(`/api/webhooks?cursor=${LONG}`, KEY), "431 closed"],
};

const METHODS: Attacks = {
  CONNECT: [head("CONNECT a.example:443 HTTP/1.1", "Host: a.example:443"), "404 closed"],
  "CONNECT of a path": [head("CONNECT /livez HTTP/1.1", "Host: a"), "404 closed"],
  // What came in is not sent back: the head bears the key.
  TRACE: [head("TRACE /api/events HTTP/1.1", "Host: a", KEY), "405"],
  PROPFIND: [head("PROPFIND /api/events HTTP/1.1", "Host: a", KEY), "405"],
  // Bun closes without a word.
  "one that nobody knows": [head("FOO /api/events HTTP/1.1", "Host: a", KEY), "closed"],
  "one in lower case": [head("get /livez HTTP/1.1", "Host: a"), "closed"],
  "one that is empty": [head(" /livez HTTP/1.1", "Host: a"), REFUSED],
};

const LINES: Attacks = {
  "HTTP/0.9": ["GET /livez\r\n", NO_VERSION],
  "HTTP/2.0": [head("GET /livez HTTP/2.0", "Host: a"), NO_VERSION],
  "HTTP/2's preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED],
  "an upgrade to WebSocket": [
    get("/livez", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: YQ==", "Sec-WebSocket-Version: 13"),
    "200",
  ],
  "an upgrade to HTTP/2": [
    get("/livez", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAA"),
    "200",
  ],
  TLS: [`\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${"a".repeat(200)}`, REFUSED],
  bytes: ["\0\x01\x02\xff\r\n\r\n", REFUSED],
  "line feeds alone": [get("/livez").replaceAll("\r\n", "\n"), NO_VERSION],
  "a line feed alone behind a header": [get("/livez", "X-A: a\nX-B: b"), REFUSED],
  "carriage returns alone": [get("/livez").replaceAll("\r\n", "\r"), NO_VERSION],
  "a carriage return in a header": [get("/livez", "X-A: a\rX-B: b"), REFUSED],
  "NUL in a header": [get("/livez", "X-A: a\0b"), REFUSED],
  "NUL in a header's name": [get("/livez", "X-A\0: b"), REFUSED],
  "a folded header": [get("/livez", "X-A: b", " c"), REFUSED],
  "a space before a colon": [get("/livez", "X-A : b"), REFUSED],
  "no colon": [get("/livez", "X-A"), REFUSED],
  "no name": [get("/livez", ": b"), REFUSED],
  "64 KB of a header": [get("/livez", `X-A: ${LONG}`), "431 closed"],
  "64 KB of a key": [get("/api/webhooks", `Authorization: Bearer ${LONG}`), "431 closed"],
  "12 KB of a key": [get("/api/webhooks", `Authorization: Bearer ${KB_12}`), "401"],
  "12 KB of a cookie": [get("/api/webhooks", `Cookie: posthorn_session=${KB_12}`), "401"],
  "a cookie of broken percent-encoding": [
    get("/api/webhooks", "Cookie: posthorn_session=%E0%A4%A; a; =b; %ff=%"),
    "401",
  ],
  "a key that is no text": [get("/api/webhooks", "Authorization: Bearer \xff\xfe\x80"), "401"],
  "two keys": [get("/api/webhooks", KEY, "Authorization: Bearer x"), "401"],
  "two tenants": [get("/api/webhooks", KEY, "X-Tenant: a", "X-Tenant: b"), "422"],
  "2,000 headers": [get("/livez", ...Array.from({ length: 2_000 }, (_, n) => `X-${n}: a`)), "431 closed"],
};

/** Nothing that Posthorn answers depends on the host, so whatever one host stands there is answered alike. */
const HOSTS: Attacks = {
  "no host": [head("GET /livez HTTP/1.1"), REFUSED],
  "two hosts": [get("/livez", "Host: b"), "400 closed"],
  "one host twice": [get("/livez", "Host: a"), "400 closed"],
  "two hosts and a whole URL": [get("http://a/livez", "Host: b"), "400 closed"],
  "two hosts of a path that is none": [get("/nothing", "Host: b"), "400 closed"],
  "two hosts in one line": [head("GET /livez HTTP/1.1", "Host: a, b"), "400 closed"],
  "a host that is a path": [head("GET /livez HTTP/1.1", "Host: a/../b?c#d@e"), "200"],
  "a host that is none": [head("GET /livez HTTP/1.1", "Host: \xff[%"), "200"],
};

test.each([
  ["no target", TARGETS],
  ["no method", METHODS],
  ["no line of a head", LINES],
  ["no host", HOSTS],
])("%s makes a fault, and the connection goes on or is closed", async (_, attacks) => {
  await using scene = await startWireScene();
  const seen: Record<string, string> = {};
  for (const [name, [bytes]] of Object.entries(attacks)) seen[name] = await scene.strike(bytes);
  expect(seen).toEqual(Object.fromEntries(Object.entries(attacks).map(([name, [, expected]]) => [name, expected])));
  await scene.end();
});

test("a request of HTTP/1.0 is answered once, and its connection closed", async () => {
  await using scene = await startWireScene();
  using wire = openWire(scene.port);
  wire.write(head("GET /livez HTTP/1.0"));
  const { responses, rest } = await wire.closed;
  expect([responses.map(({ status }) => status), rest]).toEqual([[200], ""]);
});

test("the answer to TRACE holds nothing of the request", async () => {
  await using scene = await startWireScene();
  using wire = openWire(scene.port);
  wire.write(head("TRACE /api/events HTTP/1.1", "Host: a", KEY, "X-A: echoed"));
  const [answer] = (await wire.wait(1)).responses;
  expect(answer?.status).toBe(405);
  expect(JSON.stringify([...(answer?.headers ?? []), answer?.body])).not.toMatch(/echoed|an-admin-key/);
});

function post(id: string): string {
  const body = JSON.stringify({ type: "resume.created", id, data: {} });
  const lines = ["POST /api/events HTTP/1.1", "Host: a", KEY, "Content-Type: application/json"];
  return head(...lines, `Content-Length: ${body.length}`) + body;
}

test("of requests that do not wait for one another's answers each is answered in its turn, or the connection closed", async () => {
  await using scene = await startWireScene();
  const seen: (readonly number[])[] = [];
  for (let run = 0; run < 20; run++) {
    using wire = openWire(scene.port);
    wire.write(get("/livez") + post(`first-${run}`) + get("/nowhere") + post(`second-${run}`) + get("/livez"));
    const { responses, rest } = await Promise.race([wire.wait(5), wire.closed]);
    expect(rest).toBe("");
    seen.push(responses.map(({ status }) => status));
  }
  for (const statuses of seen) expect([200, 202, 404, 202, 200].slice(0, statuses.length)).toEqual([...statuses]);
  // One that was not answered may have been carried out, as on any connection that breaks; repeating it is safe.
  const { posthorn } = scene;
  const stored = (await posthorn.api<readonly { id: string }[]>("GET", "/api/events?limit=200")).data.map(
    ({ id }) => id,
  );
  for (const id of stored) expect(id).toMatch(/^(first|second)-\d+$/);
  expect(new Set(stored).size).toBe(stored.length);
});

test("a request that does not wait for the answer to an event costs both their answers, and only the event is stored", async () => {
  await using scene = await startWireScene();
  const { api } = scene.posthorn;
  using wire = openWire(scene.port);
  wire.write(post("first") + post("second"));
  expect(await wire.closed).toEqual({ responses: [], rest: "", isClosed: true });
  await until("the first is stored", async () => (await api("GET", "/api/events/first")).status === 200);
  expect((await api("GET", "/api/events/second")).status).toBe(404);
  await scene.end();
});

test.each([
  ["hangs up", "", []],
  ["writes nonsense behind it", "NONSENSE\r\n\r\n", [400]],
])(
  "a request that came whole is carried out, also when its client %s before it is answered",
  async (_, behind, seen) => {
    await using scene = await startWireScene();
    using wire = openWire(scene.port);
    wire.write(post("whole") + behind);
    wire.end();
    const { responses } = await wire.closed;
    // The nonsense has an answer of its own, and the event mostly none: whoever reads no 202 posts again, with the same id.
    expect([seen, [202, ...seen]]).toContainEqual(responses.map(({ status }) => status));
    const { api } = scene.posthorn;
    await until("the event is stored", async () => (await api("GET", "/api/events/whole")).status === 200);
    await scene.end();
  },
);

test("a body that is announced and never comes stores nothing, and holds up nobody", async () => {
  await using scene = await startWireScene();
  const begun = Array.from({ length: 100 }, (_, n) => {
    const wire = openWire(scene.port);
    wire.write(post(`begun-${n}`).slice(0, -1));
    return wire;
  });
  await until("others are answered meanwhile", async () => (await scene.strike(post("meanwhile"))) === "202");
  for (const wire of begun) wire[Symbol.dispose]();
  expect(await scene.strike(get("/livez"))).toBe("200");
  await scene.end();
});
