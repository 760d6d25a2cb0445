import { expect, test } from "bun:test";
import { listen } from "../../src/http/server.ts";
import { ADMIN_KEY, startHttpApp } from "../support/http-app.ts";
import { openWire } from "../support/wire.ts";
import type { WireResponse } from "../support/wire-response.ts";

const LOGIN = JSON.stringify({ key: ADMIN_KEY });
const KEY = `Authorization: Bearer ${ADMIN_KEY}`;
const JSON_BODY = ["Content-Type: application/json", `Content-Length: ${LOGIN.length}`];
const COOKIE = "Cookie: posthorn_session=x";

/** What HTTP/1.0 leaves out, and what stands there and is no host. */
const HEADS = [
  ["HTTP/1.0 without a host", "HTTP/1.0", []],
  ["an empty host", "HTTP/1.1", ["Host:", "Connection: close"]],
  ["a host that is none", "HTTP/1.1", ["Host: a b", "Connection: close"]],
] as const;

async function answersTo(
  version: string,
  host: readonly string[],
  requests: readonly (readonly [line: string, headers: readonly string[], body?: string])[],
): Promise<readonly (WireResponse | undefined)[]> {
  await using app = await startHttpApp();
  const listening = listen(app.parts, { hostname: "127.0.0.1", port: 0 });
  const answers = requests.map(async ([line, headers, body = ""]) => {
    using wire = openWire(listening.port);
    wire.write(`${[`${line} ${version}`, ...host, ...headers].join("\r\n")}\r\n\r\n${body}`);
    return (await wire.wait(1)).responses[0];
  });
  const told = await Promise.all(answers);
  expect(app.faults).toEqual([]);
  await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
  return told;
}

test.each(HEADS)("with %s, routes with places and without are found, and others are none", async (_, version, host) => {
  const answers = await answersTo(version, host, [
    ["GET /livez", []],
    ["GET /api/events?limit=1", [KEY]],
    ["GET /api/events/nothing?x", [KEY]],
    ["GET /api/webhooks/nothing", []],
    ["DELETE /api/events/nothing", [KEY]],
    ["OPTIONS /api/webhooks/nothing", []],
    ["GET /api/evens", [KEY]],
    ["GET //api/events", [KEY]],
  ]);
  expect(answers.map((answer) => answer?.status)).toEqual([200, 200, 422, 401, 405, 204, 404, 404]);
  expect(answers[6]?.body).toContain("/api/events?");
});

test.each(HEADS)("with %s, a body is read, and a foreign page's login is refused", async (_, version, host) => {
  const answers = await answersTo(version, host, [
    ["POST /api/session", JSON_BODY, LOGIN],
    ["POST /api/session", [...JSON_BODY, COOKIE, "Origin: http://a"], LOGIN],
    ["POST /api/webhooks/nothing/test", [...JSON_BODY, COOKIE, "Origin: null"], LOGIN],
    ["POST /api/webhooks/nothing/test", [...JSON_BODY, KEY], LOGIN],
  ]);
  expect(answers.map((answer) => answer?.status)).toEqual([201, 403, 401, 422]);
});
