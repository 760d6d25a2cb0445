import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { createTransport } from "../../src/real/transport.ts";
import { ManualCutoff } from "../support/cutoff.ts";
import { certificate, exchange, startSchemeReceiver } from "../support/exchange.ts";
import { answering, startRawReceiver } from "../support/raw-receiver.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const SEND_ONCE = fileURLToPath(new URL("../support/send-once.ts", import.meta.url));

const trusting = createTransport({ ca: certificate.certificate });
const wary = createTransport();

afterAll(async () => {
  await trusting.close();
  await wary.close();
});

describe("the certificate", () => {
  test.each(["a.test", "A.TEST", "a.test.", "127.0.0.1"])("is accepted for a name that it bears: %s", async (host) => {
    await using receiver = await startSchemeReceiver("https", answering(OK));
    expect(await exchange(trusting, receiver, { host })).toMatchObject({ status: 200 });
  });

  test.each(["c.test", "sub.a.test", "127.0.0.2"])(
    "is refused for another name, before a byte of the request: %s",
    async (host) => {
      await using receiver = await startSchemeReceiver("https", answering(OK));
      const mismatch = { failure: "certificate_mismatch", nothingWritten: true } as const;
      expect(await exchange(trusting, receiver, { host })).toEqual(mismatch);
      expect(receiver.requests).toEqual([]);
    },
  );

  test("is refused when nobody known has signed it", async () => {
    await using receiver = await startSchemeReceiver("https", answering(OK));
    expect(await exchange(wary, receiver)).toEqual({ failure: "certificate_untrusted", nothingWritten: true });
    expect(receiver.requests).toEqual([]);
  });

  test("a good name after a bad one, and a bad one after a good one, are judged each by itself", async () => {
    await using receiver = await startSchemeReceiver("https", answering(OK));
    const ends = [];
    for (const host of ["a.test", "c.test", "a.test", "c.test"]) {
      const outcome = await exchange(trusting, receiver, { host });
      ends.push("status" in outcome ? outcome.status : outcome.failure);
    }
    expect(ends).toEqual([200, "certificate_mismatch", 200, "certificate_mismatch"]);
  });
});

describe("the handshake", () => {
  test("the server is told the name without its final dot, and none for an address", async () => {
    const names: unknown[] = [];
    const server = createServer({ key: certificate.key, cert: certificate.certificate }, (socket) => {
      names.push(socket.servername);
      socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const host of ["a.test.", "127.0.0.1"]) {
      await exchange(trusting, { origin: "https://127.0.0.1", port }, { host });
    }
    server.close();
    expect(names).toEqual(["a.test", false]);
  });

  test("a receiver that does not speak TLS fails it", async () => {
    await using receiver = await startRawReceiver((connection) => connection.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const outcome = await exchange(trusting, { origin: "https://127.0.0.1", port: receiver.port });
    expect(outcome).toEqual({ failure: "tls_failed", nothingWritten: true });
  });

  test.each(["end", "reset"] as const)("a receiver that hangs up (%s) during it fails it", async (how) => {
    await using receiver = await startRawReceiver((connection) => connection[how]());
    const outcome = await exchange(trusting, { origin: "https://127.0.0.1", port: receiver.port });
    expect(outcome).toEqual({ failure: "tls_failed", nothingWritten: true });
  });

  test("a receiver that is silent during it runs into the connect timeout, and its connection is closed", async () => {
    await using receiver = await startRawReceiver(() => {});
    const silent = { origin: "https://127.0.0.1", port: receiver.port };
    const outcome = await exchange(trusting, silent, { connectTimeoutMs: 50 });
    expect(outcome).toEqual({ failure: "connect_timeout", nothingWritten: true });
    await (await receiver.nextConnection("the silent connection")).closed;
  });

  test("one that is under way is left when the caller says so", async () => {
    await using receiver = await startRawReceiver(() => {});
    const stop = new ManualCutoff();
    const sending = exchange(trusting, { origin: "https://127.0.0.1", port: receiver.port }, { cutoff: stop });
    const connection = await receiver.nextConnection("the silent connection");
    stop.cut();
    expect(await sending).toEqual({ failure: "aborted", nothingWritten: false });
    await connection.closed;
  });
});

describe("the environment", () => {
  async function sendWith(env: Record<string, string>, url: string, ca = ""): Promise<string> {
    const child = Bun.spawn([process.execPath, SEND_ONCE, url, ca], {
      env: { ...process.env, ...env },
      stderr: "ignore",
    });
    return new Response(child.stdout).text();
  }

  test("its proxies are never asked", async () => {
    await using proxy = await startRawReceiver(answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
    const env = Object.fromEntries(
      ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
        [name, proxy.origin],
        [name.toLowerCase(), proxy.origin],
      ]),
    );
    await using plain = await startSchemeReceiver("http", answering(OK));
    await using secure = await startSchemeReceiver("https", answering(OK));
    const sent = await Promise.all([
      sendWith({ ...env, NO_PROXY: "", no_proxy: "" }, `http://a.test:${plain.port}/`),
      sendWith({ ...env, NO_PROXY: "", no_proxy: "" }, `https://a.test:${secure.port}/`, certificate.certificate),
    ]);
    expect([...sent, proxy.connections.length]).toEqual(["200", "200", 0]);
  });

  test("it cannot turn the certificate check off", async () => {
    await using receiver = await startSchemeReceiver("https", answering(OK));
    const sent = await sendWith({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, `https://a.test:${receiver.port}/`);
    expect([sent, receiver.requests.length]).toEqual(["certificate_untrusted", 0]);
  });
});
