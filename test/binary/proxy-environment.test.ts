import { beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { LOOPBACK_ALLOWED, runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { createCertificate } from "../support/certificate.ts";
import { countConnections } from "../support/connection-counter.ts";
import { freePort } from "../support/free-port.ts";
import { writtenDeliveries } from "../support/handwritten-rows.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

test.each([
  ["nothing", ""],
  ["everything", "*"],
  ["other hosts", "example.com,10.0.0.0/8"],
])("the environment's proxies, in both cases, with %s exempt from them, are asked nothing", async (_, exempt) => {
  using place = emptyPlace();
  const proxyPort = await freePort();
  using proxy = countConnections([proxyPort], ["127.0.0.1"]);
  await using plain = startReceiver();
  await using secure = startReceiver([200], createCertificate(["127.0.0.1"]));
  const proxies = NAMES.flatMap((name) => [name, name.toLowerCase()].map((each) => [each, originOf(proxyPort)]));
  const environment = { ...Object.fromEntries(proxies), NO_PROXY: exempt, no_proxy: exempt };
  const port = String(await freePort());
  const settings = { ...LOOPBACK_ALLOWED, ...environment, POSTHORN_PORT: port, POSTHORN_RETRY_SCHEDULE: "none" };

  await using posthorn = await startBinary(place, settings);
  for (const { origin } of [plain, secure]) {
    const { data } = await posthorn.api<{ id: string }>("POST", "/api/webhooks", { url: origin, events: ["*"] });
    await posthorn.api("POST", `/api/webhooks/${data.id}/test`);
  }
  await posthorn.api("POST", "/api/events", { type: "resume.created", data: {} });
  const ends = new Map((await writtenDeliveries(posthorn)).map(({ url, status, error }) => [url, error ?? status]));
  expect(ends.get(plain.origin)).toBe("delivered");
  expect(ends.get(secure.origin)).toMatch(/TLS|certificate/i);
  expect((await runBinary(["healthcheck"], { place, env: settings })).exitCode).toBe(0);
  expect([plain.requests.length, secure.requests.length, proxy.connections]).toEqual([2, 0, 0]);

  // A counter that counts nothing proves nothing.
  const visitor = connect(proxyPort, "127.0.0.1");
  await until("a connection to the proxy is counted", () => proxy.connections === 1);
  visitor.destroy();
});

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
