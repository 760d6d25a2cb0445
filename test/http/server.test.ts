import { expect, spyOn, test } from "bun:test";
import { connect } from "node:net";
import { ListenError, type Listening, listen } from "../../src/http/server.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp } from "../support/http-app.ts";
import { until } from "../support/until.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const HEADERS = { Authorization: `Bearer ${ADMIN_KEY}`, "Content-Type": "application/json" };
const HOOK = { url: "https://example.com/hook", events: ["*"] };

interface Served extends AsyncDisposable {
  readonly app: HttpApp;
  readonly listening: Listening;
}

async function serve(app: HttpApp): Promise<Served> {
  const listening = listen(app.parts, LOOPBACK);
  return {
    ...{ app, listening },
    async [Symbol.asyncDispose]() {
      // The grace is on the clock of the app, which stands still.
      await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
      await app[Symbol.asyncDispose]();
    },
  };
}

/** A body whose length nobody declares. */
function chunked(text: string, count: number): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode(text);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > count) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

const MEGABYTE = "x".repeat(1_024 * 1_024);

test.each([
  ["declares its length", () => MEGABYTE.repeat(8)],
  ["is chunked", () => chunked(MEGABYTE, 8)],
] as const)("a body that is too large and %s gets the whole envelope", async (_, body) => {
  await using served = await serve(await startHttpApp());
  const response = await fetch(`${served.listening.url}/api/events`, {
    method: "POST",
    headers: HEADERS,
    body: body(),
  });
  expect(response.status).toBe(413);
  expect(response.headers.get("x-request-id")).toStartWith("req_");
  expect(await response.json()).toMatchObject({ success: false, error: { code: "body_too_large" } });
});

test("a chunked body within the limit is an event like any other", async () => {
  await using served = await serve(await startHttpApp());
  const body = chunked(" ".repeat(1_000), 10).pipeThrough(
    new TransformStream({
      flush: (controller) => controller.enqueue(new TextEncoder().encode('{"type":"resume.created","data":{}}')),
    }),
  );
  const response = await fetch(`${served.listening.url}/api/events`, { method: "POST", headers: HEADERS, body });
  expect(response.status).toBe(202);
});

/** Writes to the socket as it is, and reads until the server closes it. */
function exchange(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let read = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    read += data;
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => resolve(read));
  return promise;
}

const HEAD = `Host: localhost\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\nConnection: close\r\n`;

test.each([
  ["a head that is no HTTP", "NONSENSE\r\n\r\n", /^(HTTP\/1\.1 400|$)/],
  [
    "a head that is too long",
    `GET /livez HTTP/1.1\r\n${HEAD}X-Long: ${"x".repeat(100_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431/,
  ],
  ["no Host", "GET /livez HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400/],
  [
    "two lengths for one body",
    `POST /api/events HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400/,
  ],
])("%s is refused and the connection closed", async (_, text, answer) => {
  await using served = await serve(await startHttpApp());
  expect(await exchange(served.listening.port, text)).toMatch(answer);
  expect((await fetch(`${served.listening.url}/livez`)).status).toBe(200);
});

test.each([
  ["a host of one letter", "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200],
  ["a host that is none", "GET /livez HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n", 200],
  ["an empty host", "GET /livez HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 200],
  ["a whole URL for a path", "GET http://a/livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200],
  ["a fragment in the path", "GET /livez#x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404],
  ["an empty host and a path that ends like ours", "GET /x/livez HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 404],
  ["a query", "GET /livez?a=//b/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200],
  ["two slashes", "GET //livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404],
])("%s makes no difference to the envelope", async (_, text, status) => {
  await using served = await serve(await startHttpApp());
  const read = await exchange(served.listening.port, text);
  expect(read).toStartWith(`HTTP/1.1 ${status} `);
  expect(read).toMatch(/\r\nX-Request-Id: req_/i);
  expect(read).toMatch(/\r\n\r\n\{"success":(true|false),/);
});

test("a HEAD is answered like its GET, without the body", async () => {
  await using served = await serve(await startHttpApp());
  const read = await exchange(served.listening.port, `HEAD /api/webhooks HTTP/1.1\r\n${HEAD}\r\n`);
  expect(read).toStartWith("HTTP/1.1 200");
  expect(read).toEndWith("\r\n\r\n");
});

test("a client that hangs up in mid-body stores nothing and troubles nobody", async () => {
  await using served = await serve(await startHttpApp());
  const { port, url } = served.listening;
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () => {
    socket.write(`POST /api/events HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n{"type":`, () => socket.destroy());
  });
  socket.on("close", () => resolve());
  await gone;
  const response = await fetch(`${url}/api/events`, { headers: HEADERS });
  expect(await response.json()).toMatchObject({ data: [] });
  expect(served.app.faults).toEqual([]);
});

test("a port that is taken is told in one sentence, with the fix", async () => {
  await using served = await serve(await startHttpApp());
  const { port } = served.listening;
  const again = () => listen(served.app.parts, { hostname: "127.0.0.1", port });
  expect(again).toThrow(ListenError);
  expect(again).toThrow(
    `Port ${port} on 127.0.0.1 is taken: stop what listens there, or set POSTHORN_PORT to another port (0 takes a free one).`,
  );
});

test("a port that only root may use is told with what to do", async () => {
  await using app = await startHttpApp();
  const serve = spyOn(Bun, "serve").mockImplementation(() => {
    throw Object.assign(new Error(), { code: "EACCES" });
  });
  try {
    expect(() => listen(app.parts, { hostname: "127.0.0.1", port: 80 })).toThrow(
      "Port 80 may not be used by this user: set POSTHORN_PORT to one above 1023, behind a proxy that listens on 80, or give Posthorn CAP_NET_BIND_SERVICE.",
    );
  } finally {
    serve.mockRestore();
  }
});

test("an address that is not this machine's is told in one sentence", async () => {
  await using app = await startHttpApp();
  expect(() => listen(app.parts, { hostname: "203.0.113.7", port: 0 })).toThrow(/POSTHORN_HOST/);
});

/** A test that the receiver answers only when it is told to. */
function slowTest() {
  const { promise: answered, resolve: answer } = Promise.withResolvers<{ kind: "busy" }>();
  const asked = Promise.withResolvers<void>();
  const sendTest = () => () => {
    asked.resolve();
    return answered;
  };
  return { sendTest, asked: asked.promise, answer: () => answer({ kind: "busy" }) };
}

async function testUrl({ app, listening }: Served): Promise<string> {
  const id = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  return `${listening.url}/api/webhooks/${id}/test`;
}

test("stopping lets what is under way end, and takes nothing new", async () => {
  const slow = slowTest();
  await using served = await serve(await startHttpApp({ sendTest: slow.sendTest }));
  const underWay = fetch(await testUrl(served), { method: "POST", headers: HEADERS });
  await slow.asked;
  const stopped = served.listening.stop(10_000);
  await until("new connections are refused", () =>
    fetch(`${served.listening.url}/livez`, { keepalive: false }).then(
      () => false,
      () => true,
    ),
  );
  slow.answer();
  expect((await underWay).status).toBe(429);
  await stopped;
});

test("what has not ended when the grace is over is cut off", async () => {
  const slow = slowTest();
  await using served = await serve(await startHttpApp({ sendTest: slow.sendTest }));
  const underWay = fetch(await testUrl(served), { method: "POST", headers: HEADERS }).then(
    () => "answered",
    () => "cut off",
  );
  await slow.asked;
  const stopped = served.listening.stop(10_000);
  await served.app.world.clock.advance(10_000);
  await stopped;
  expect(await underWay).toBe("cut off");
});

test("only the answer to a test may take longer than a connection may idle", async () => {
  const slow = slowTest();
  slow.answer();
  await using app = await startHttpApp({ sendTest: slow.sendTest });
  const id = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  const asked: number[] = [];
  const connection = { timeout: (_: Request, seconds: number) => asked.push(seconds), requestIP: () => null };
  const ask = (method: string, path: string) =>
    app.api.fetch(new Request(`http://localhost${path}`, { method, headers: HEADERS }), connection);
  await ask("GET", `/api/webhooks/${id}`);
  expect(asked).toEqual([]);
  await ask("POST", `/api/webhooks/${id}/test`);
  expect(asked).toEqual([90]);
});
