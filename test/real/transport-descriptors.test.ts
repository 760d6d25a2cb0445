import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { startDnsServer } from "../support/dns-server.ts";
import { certificate, type Scheme, startSchemeReceiver } from "../support/exchange.ts";
import { answering, type RawReceiver } from "../support/raw-receiver.ts";

const OPEN_FILES = 100;
const LIMITED = ["sh", "-c", `ulimit -n ${OPEN_FILES}; exec "$@"`, "sh"];
const SEND = fileURLToPath(new URL("../support/send-without-descriptors.ts", import.meta.url));
const KEPT = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LAST = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

async function send(first: RawReceiver, second: RawReceiver, held = 0): Promise<string> {
  await using names = await startDnsServer({ "a.test": { A: ["1.1.1.1"] } });
  const receivers = [first.origin, second.origin, certificate.certificate];
  const command = [...LIMITED, process.execPath, SEND, ...receivers, names.address, String(held)];
  return await new Response(Bun.spawn(command, { stderr: "ignore" }).stdout).text();
}

test.each<Scheme>(["http", "https"])(
  "without descriptors, idle connections over %s make room for others, and for a look-up",
  async (scheme) => {
    await using first = await startSchemeReceiver(scheme, answering(KEPT));
    await using second = await startSchemeReceiver(scheme, answering(KEPT));
    expect(await send(first, second)).toBe("200 200, 200 200, resolved");
  },
);

test("with no descriptor and nothing idle, nothing is sent, and nothing looked up", async () => {
  await using first = await startSchemeReceiver("http", answering(LAST));
  await using second = await startSchemeReceiver("http", answering(KEPT));
  expect(await send(first, second)).toBe("200 200, no_descriptors no_descriptors, no_descriptors");
  expect(second.connections).toEqual([]);
});

test.each<Scheme>(["http", "https"])(
  "what is held in reserve is sent with over %s, though others take every descriptor, and comes back",
  async (scheme) => {
    await using first = await startSchemeReceiver(scheme, answering(LAST));
    await using second = await startSchemeReceiver(scheme, answering(LAST));
    expect(await send(first, second, 2)).toBe("200 200, 200 200, resolved resolved resolved");
    await using third = await startSchemeReceiver(scheme, answering(KEPT));
    await using fourth = await startSchemeReceiver(scheme, answering(KEPT));
    expect(await send(third, fourth, 1)).toBe("200 200, 200 200, resolved resolved");
  },
);

test("a receiver that refuses the last descriptor's connection has refused it", async () => {
  await using first = await startSchemeReceiver("http", answering(LAST));
  const second = await startSchemeReceiver("http", answering(KEPT));
  await second[Symbol.asyncDispose]();
  expect(await send(first, second, 2)).toBe("200 200, connect_refused connect_refused, resolved resolved resolved");
});
