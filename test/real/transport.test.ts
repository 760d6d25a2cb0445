import { afterAll, describe, expect, test } from "bun:test";
import { createTransport } from "../../src/real/transport.ts";
import type { Transport } from "../../src/world.ts";
import { alreadyCut, ManualCutoff } from "../support/cutoff.ts";
import { certificate, exchange, REQUEST_LIMITS, type Scheme, startSchemeReceiver } from "../support/exchange.ts";
import { answering, type RawConnection, type RawScript } from "../support/raw-receiver.ts";

const transport: Transport = createTransport({ ca: certificate.certificate });
const SCHEMES: readonly Scheme[] = ["http", "https"];
const OK = "HTTP/1.1 200 OK\r\n";

afterAll(() => transport.close());

/** Reads the request, then misbehaves. */
function then(misbehave: (connection: RawConnection) => Promise<void> | void): RawScript {
  return async (connection) => {
    if ((await connection.request()) !== null) await misbehave(connection);
  };
}

interface AnswerCase {
  readonly name: string;
  readonly script: RawScript;
  readonly gives: {
    readonly status?: number;
    readonly statusText?: string;
    readonly body?: string;
    readonly end: string;
  };
}

const ANSWERS: readonly AnswerCase[] = [
  {
    name: "a body of a stated length",
    script: answering(`${OK}Content-Length: 2\r\n\r\nok`),
    gives: { status: 200, statusText: "OK", body: "ok", end: "complete" },
  },
  {
    name: "a body in chunks",
    script: answering(`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\nay!\r\n0\r\n\r\n`),
    gives: { status: 200, body: "okay!", end: "complete" },
  },
  {
    name: "an HTTP/1.0 body that ends with the connection",
    script: then(async (connection) => {
      await connection.write("HTTP/1.0 200 OK\r\n\r\nold");
      connection.end();
    }),
    gives: { status: 200, body: "old", end: "complete" },
  },
  {
    name: "no body at all, as a 204",
    script: answering("HTTP/1.1 204 No Content\r\n\r\n"),
    gives: { status: 204, statusText: "No Content", body: "", end: "complete" },
  },
  {
    name: "a redirect, which is not followed",
    script: answering("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    gives: { status: 302, statusText: "Found", end: "complete" },
  },
  {
    name: "a redirect that keeps the method, which is not followed either",
    script: answering("HTTP/1.1 308 Permanent Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
    gives: { status: 308, end: "complete" },
  },
  {
    name: "a compressed body, as it came",
    script: answering(`${OK}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00!`),
    gives: { status: 200, body: "\x1f\x8b\x00!", end: "complete" },
  },
  {
    name: "a demand for a password, which is a plain answer",
    script: answering("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"),
    gives: { status: 401, end: "complete" },
  },
  {
    name: "a misdirected request, which is not sent again",
    script: answering("HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n"),
    gives: { status: 421, end: "complete" },
  },
  {
    name: "a status that nobody has heard of, without a reason phrase",
    script: answering("HTTP/1.1 999\r\nContent-Length: 0\r\n\r\n"),
    gives: { status: 999, statusText: "", end: "complete" },
  },
  {
    name: "early hints before the answer",
    script: answering(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`),
    gives: { status: 200, body: "ok", end: "complete" },
  },
  {
    name: "a body that stops in the middle",
    script: then(async (connection) => {
      await connection.write(`${OK}Content-Length: 10\r\n\r\n`);
      await connection.write("half");
      connection.end();
    }),
    gives: { status: 200, end: "broken" },
  },
  {
    name: "a body whose connection is reset",
    script: then(async (connection) => {
      await connection.write(`${OK}Content-Length: 10\r\n\r\n`);
      connection.reset();
    }),
    gives: { status: 200, end: "broken" },
  },
  {
    name: "a chunk of no length",
    script: answering(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`),
    gives: { status: 200, body: "", end: "broken" },
  },
  {
    name: "a body without an end",
    script: then(async (connection) => {
      await connection.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      await connection.flood(`1000\r\n${"x".repeat(4_096)}\r\n`);
    }),
    gives: { status: 200, body: "x".repeat(1_024), end: "cut" },
  },
];

const FAILURES: readonly { readonly name: string; readonly script: RawScript; readonly failure: string }[] = [
  {
    name: "text that is not HTTP",
    script: answering("hello, this is not HTTP\r\n\r\n"),
    failure: "malformed_response",
  },
  {
    name: "the greeting of another protocol",
    script: (c) => c.write("SSH-2.0-OpenSSH_9.2p1\r\n"),
    failure: "malformed_response",
  },
  { name: "a status of two digits", script: answering("HTTP/1.1 99 Low\r\n\r\n"), failure: "malformed_response" },
  {
    name: "the status 000",
    script: answering("HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n"),
    failure: "malformed_response",
  },
  {
    name: "another protocol that nobody asked for",
    script: answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    failure: "malformed_response",
  },
  {
    name: "two lengths that disagree",
    script: answering(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk`),
    failure: "malformed_response",
  },
  {
    name: "informational answers without an end",
    script: then((connection) => connection.flood("HTTP/1.1 103 Early Hints\r\n\r\n")),
    failure: "head_too_long",
  },
  {
    name: "a header without an end",
    script: then(async (connection) => {
      await connection.write(`${OK}X-Long: `);
      await connection.flood("a".repeat(4_096));
    }),
    failure: "head_too_long",
  },
  { name: "a connection closed unread", script: (c) => c.end(), failure: "connection_reset" },
  { name: "a connection closed without an answer", script: then((c) => c.end()), failure: "connection_reset" },
  { name: "a connection reset without an answer", script: then((c) => c.reset()), failure: "connection_reset" },
  {
    name: "a head that stops in the middle",
    script: then(async (connection) => {
      await connection.write(`${OK}X-Half: `);
      connection.end();
    }),
    failure: "connection_reset",
  },
];

describe.each(SCHEMES)("over %s", (scheme) => {
  test("the request on the wire is what was asked for, and nothing of the client's own taste", async () => {
    await using receiver = await startSchemeReceiver(scheme, answering(`${OK}Content-Length: 0\r\n\r\n`));
    await exchange(transport, receiver, {
      headers: [
        ["User-Agent", "Posthorn/1"],
        ["X-CaSe", "caf\u00e9"],
      ],
      body: '{"name":"Zo\u00eb"}',
    });
    const [head = "", body] = (await receiver.nextRequest("the request")).split("\r\n\r\n");
    const [line, ...headers] = head.split("\r\n");
    expect(line).toBe("POST /hook?q=1 HTTP/1.1");
    expect(
      headers
        .map((header) => header.replace(/^(Host|Connection|Content-Length)/i, (name) => name.toLowerCase()))
        .sort(),
    ).toEqual([
      "Accept-Encoding: identity",
      "Accept: */*",
      "User-Agent: Posthorn/1",
      "X-CaSe: caf\u00e9",
      "connection: keep-alive",
      "content-length: 15",
      `host: a.test:${receiver.port}`,
    ]);
    expect(Buffer.from(body ?? "", "latin1").toString("utf8")).toBe('{"name":"Zo\u00eb"}');
  });

  test("an own header takes the place of a standing one", async () => {
    await using receiver = await startSchemeReceiver(scheme, answering(`${OK}Content-Length: 0\r\n\r\n`));
    await exchange(transport, receiver, { headers: [["accept", "application/json"]] });
    const request = await receiver.nextRequest("the request");
    expect(request.toLowerCase().match(/^accept:.*$/gm)).toEqual(["accept: application/json"]);
  });

  test("the headers of the answer are given, repeated ones too", async () => {
    await using receiver = await startSchemeReceiver(
      scheme,
      answering(`${OK}Retry-After: 7\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n`),
    );
    const outcome = await exchange(transport, receiver);
    const headers =
      "headers" in outcome ? outcome.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`) : [];
    expect(headers.sort()).toEqual(["content-length: 0", "retry-after: 7", "set-cookie: a=1", "set-cookie: b=2"]);
  });

  test.each(ANSWERS)("an answer with $name", async ({ script, gives }) => {
    await using receiver = await startSchemeReceiver(scheme, script);
    expect(await exchange(transport, receiver)).toMatchObject(gives);
    expect(receiver.requests.length).toBe(1);
  });

  test.each(FAILURES)("$name is told as $failure, and the request may have been taken", async ({ script, failure }) => {
    await using receiver = await startSchemeReceiver(scheme, script);
    expect<unknown>(await exchange(transport, receiver)).toEqual({ failure, nothingWritten: false });
    expect(receiver.connections.length).toBe(1);
  });

  test("a refused connection has certainly written nothing", async () => {
    const receiver = await startSchemeReceiver(scheme, () => {});
    await receiver[Symbol.asyncDispose]();
    expect(await exchange(transport, receiver)).toEqual({ failure: "connect_refused", nothingWritten: true });
  });

  test("an IPv6 address is connected to as such, whether the machine has any or not", async () => {
    const receiver = await startSchemeReceiver(scheme, () => {});
    await receiver[Symbol.asyncDispose]();
    const outcome = await exchange(transport, receiver, { address: "::1" });
    expect("failure" in outcome && ["connect_refused", "connect_failed"].includes(outcome.failure)).toBe(true);
  });

  test("a receiver that never answers is left when the caller says so, and its connection closed", async () => {
    await using receiver = await startSchemeReceiver(
      scheme,
      then(() => {}),
    );
    const stop = new ManualCutoff();
    const sending = exchange(transport, receiver, { cutoff: stop });
    await receiver.nextRequest("the request");
    stop.cut();
    expect(await sending).toEqual({ failure: "aborted", nothingWritten: false });
    await (await receiver.nextConnection("the connection")).closed;
  });

  test("what was aborted before it began is not sent", async () => {
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    const outcome = await exchange(transport, receiver, { cutoff: alreadyCut() });
    expect([outcome, receiver.connections.length]).toEqual([{ failure: "aborted", nothingWritten: false }, 0]);
  });

  test("a body that stalls is left when the caller says so, and its connection closed", async () => {
    await using receiver = await startSchemeReceiver(
      scheme,
      then((connection) => connection.write(`${OK}Content-Length: 10\r\n\r\nabc`)),
    );
    const url = new URL(`${scheme}://a.test:${receiver.port}/`);
    const request = { url, address: "127.0.0.1", headers: [], body: "{}", ...REQUEST_LIMITS };
    const stop = new ManualCutoff();
    const sent = await transport.send(request, stop);
    const reading = sent.ok ? sent.answer.read(1_024, stop) : null;
    stop.cut();
    expect(await reading).toMatchObject({ end: "slow" });
    await (await receiver.nextConnection("the connection")).closed;
  });

  test("a header that cannot be sent fails the exchange, not the caller", async () => {
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    const outcome = await exchange(transport, receiver, { headers: [["X-Bad", "a\r\nX-Smuggled: b"]] });
    expect([Object.keys(outcome), receiver.requests.length]).toEqual([["failure", "nothingWritten"], 0]);
  });

  test("a body of sixty-four megabytes costs what is kept of it", async () => {
    let sentBytes = 0;
    await using receiver = await startSchemeReceiver(
      scheme,
      then(async (connection) => {
        await connection.write(`${OK}Content-Length: 67108864\r\n\r\n`);
        let open = true;
        void connection.closed.then(() => {
          open = false;
        });
        for (; open && sentBytes < 67_108_864; sentBytes += 65_536) await connection.write("x".repeat(65_536));
      }),
    );
    expect(await exchange(transport, receiver, { maxBytes: 16_384 })).toMatchObject({ status: 200, end: "cut" });
    await (await receiver.nextConnection("the connection")).closed;
    expect(sentBytes).toBeLessThan(16_777_216);
  });
});
