import { describe, expect, test } from "bun:test";
import { IDLE_CONNECTION_MS } from "../../src/limits.ts";
import { createTransport } from "../../src/real/transport.ts";
import type { Transport } from "../../src/world.ts";
import { ManualCutoff, neverCut } from "../support/cutoff.ts";
import { certificate, exchange, REQUEST_LIMITS, type Scheme, startSchemeReceiver } from "../support/exchange.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { answering, type RawScript } from "../support/raw-receiver.ts";

const SCHEMES: readonly Scheme[] = ["http", "https"];
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/** More than a client takes in before anybody reads. */
const LONG_BYTES = 16_777_216;
const LONG = `HTTP/1.1 200 OK\r\nContent-Length: ${LONG_BYTES}\r\n\r\n${"x".repeat(LONG_BYTES)}`;

/**
 * A transport of the test's own: no connection of another test is in it, and none is left behind. However long one is idle, that
 * does not close it: else time would do what is looked for.
 */
function openTransport(): Transport & AsyncDisposable {
  const transport = createTransport({ ca: certificate.certificate, after: () => () => {} });
  return { ...transport, [Symbol.asyncDispose]: transport.close };
}

/** Answers the first request of each connection, then does the worst at the second. */
function answeringOnce(worst: "reset" | "end"): RawScript {
  return async (connection) => {
    await connection.request();
    await connection.write(OK);
    if ((await connection.request()) !== null) connection[worst]();
  };
}

describe.each(SCHEMES)("connections over %s", (scheme) => {
  test("one connection serves request after request, and only the first was connected for", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    const outcomes = [];
    for (let round = 0; round < 5; round++) outcomes.push(await exchange(transport, receiver));
    expect([receiver.connections.length, receiver.requests.length]).toEqual([1, 5]);
    expect(outcomes[0]).toMatchObject({ timings: { connectMs: expect.any(Number) } });
    const reused = { connectMs: null, tlsMs: null };
    expect(outcomes.slice(1).map((outcome) => "timings" in outcome && outcome.timings)).toEqual(Array(4).fill(reused));
  });

  test("requests at the same time get connections of their own, never one behind the other", async () => {
    await using transport = openTransport();
    const all = Promise.withResolvers<void>();
    let under = 0;
    await using receiver = await startSchemeReceiver(scheme, async (connection) => {
      await connection.request();
      if (++under === 8) all.resolve();
      await all.promise;
      await connection.write(OK);
    });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => exchange(transport, receiver)));
    expect(outcomes.every((outcome) => "status" in outcome && outcome.status === 200)).toBe(true);
    expect(receiver.connections.length).toBe(8);
  });

  test.each(["reset", "end"] as const)(
    "a kept connection that breaks (%s) under a request fails it and is not sent again",
    async (worst) => {
      await using transport = openTransport();
      await using receiver = await startSchemeReceiver(scheme, answeringOnce(worst));
      expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
      expect(await exchange(transport, receiver)).toEqual({ failure: "connection_reset", nothingWritten: false });
      expect([receiver.connections.length, receiver.requests.length]).toEqual([1, 2]);
    },
  );

  test("a connection that its receiver has closed is not used again", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, async (connection) => {
      await connection.request();
      await connection.write(OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      connection.end();
    });
    expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
    expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
    expect(receiver.connections.length).toBe(2);
  });

  test("who waits for a connection is not given one whose receiver closes without a word behind its response", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, async (connection) => {
      await connection.request();
      await connection.write(OK);
      connection.end();
    });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => exchange(transport, receiver)));
    expect(outcomes.filter((outcome) => "failure" in outcome)).toEqual([]);
    expect(receiver.connections.length).toBe(8);
  });

  test.each([
    ["HTTP/1.0", OK.replace("1.1", "1.0")],
    ["Connection: close", OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
    ["bytes behind the response", `${OK}HTTP/1.1 200 OK`],
    ["a broken body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
  ])("a connection with %s is closed after its response, though its receiver leaves it open", async (_name, first) => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(first, OK));
    expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
    await (await receiver.nextConnection("the first connection")).closed;
    expect(await exchange(transport, receiver)).toMatchObject({ body: "ok", end: "complete" });
    expect(receiver.connections.length).toBe(2);
  });

  test.each(["writes", "ends"] as const)(
    "a kept connection on which the receiver %s is closed, unused",
    async (what) => {
      await using transport = openTransport();
      const idle = Promise.withResolvers<void>();
      await using receiver = await startSchemeReceiver(scheme, async (connection) => {
        await connection.request();
        await connection.write(OK);
        await idle.promise;
        if (what === "ends") connection.end();
        else await connection.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
      });
      expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
      idle.resolve();
      await (await receiver.nextConnection("the first connection")).closed;
      expect(await exchange(transport, receiver)).toMatchObject({ status: 200 });
      expect(receiver.connections.length).toBe(2);
    },
  );

  test("what comes right behind a response is not the answer to a request of the same moment", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    const url = new URL(`${scheme}://a.test:${receiver.port}/`);
    const send = async () => {
      const request = { url, address: "127.0.0.1", headers: [], body: "{}", ...REQUEST_LIMITS };
      const sent = await transport.send(request, neverCut());
      return sent.ok ? sent.answer.status : sent.failure;
    };
    expect(await send()).toBe(200);
    const first = await receiver.nextConnection("the first connection");
    void first.write("HTTP/1.1 418 Forged\r\nContent-Length: 0\r\n\r\n");
    expect(await send()).toBe(200);
    await first.closed;
  });

  test("a receiver that has sent what nobody asked for gets a connection for each request from then on", async () => {
    await using transport = openTransport();
    let connections = 0;
    await using receiver = await startSchemeReceiver(scheme, (connection) => {
      connections += 1;
      return answering(connections === 1 ? `${OK}HTTP/1.1 418 More\r\n\r\n` : OK)(connection);
    });
    for (let round = 0; round < 4; round++) expect(await exchange(transport, receiver)).toMatchObject({ body: "ok" });
    expect([receiver.connections.length, receiver.requests.length]).toEqual([4, 4]);
  });

  test("a receiver that has waited long enough may say so, and keeps its connections", async () => {
    await using transport = openTransport();
    const idle = Promise.withResolvers<void>();
    await using receiver = await startSchemeReceiver(scheme, async (connection) => {
      const serving = answering(OK)(connection);
      if (connection.number > 1) return serving;
      await idle.promise;
      await connection.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    });
    await exchange(transport, receiver);
    idle.resolve();
    await (await receiver.nextConnection("the first connection")).closed;
    for (let round = 0; round < 3; round++) await exchange(transport, receiver);
    expect(receiver.connections.length).toBe(2);
  });

  test("a connection that has been idle for long is closed", async () => {
    const clock = createFakeClock();
    const transport = createTransport({ ca: certificate.certificate, after: clock.after });
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    await exchange(transport, receiver);
    await clock.advance(IDLE_CONNECTION_MS);
    await (await receiver.nextConnection("the connection")).closed;
    expect(clock.pending).toBe(0);
    await transport.close();
  });

  test("a thousand receivers that hang are waited for at the same time, and all left when the caller says so", async () => {
    await using transport = openTransport();
    const all = Promise.withResolvers<void>();
    let waiting = 0;
    await using receiver = await startSchemeReceiver(scheme, async (connection) => {
      await connection.request();
      if (++waiting === 1_000) all.resolve();
    });
    const stops = Array.from({ length: 1_000 }, () => new ManualCutoff());
    const outcomes = Promise.all(
      stops.map((cutoff) => exchange(transport, receiver, { cutoff, connectTimeoutMs: 60_000 })),
    );
    await all.promise;
    for (const stop of stops) stop.cut();
    const aborted = { failure: "aborted", nothingWritten: false } as const;
    expect((await outcomes).every((outcome) => Bun.deepEquals(outcome, aborted))).toBe(true);
    await Promise.all(receiver.connections.map(({ closed }) => closed));
  }, 30_000);

  test("a body that was cut costs its connection, and the next request gets its own answer", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(LONG, OK));
    expect(await exchange(transport, receiver, { maxBytes: 10 })).toMatchObject({ body: "x".repeat(10), end: "cut" });
    await (await receiver.nextConnection("the first connection")).closed;
    expect(await exchange(transport, receiver)).toMatchObject({ body: "ok", end: "complete" });
    expect(receiver.connections.length).toBe(2);
  });

  test("a body a little longer than what is kept costs nothing", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    expect(await exchange(transport, receiver, { maxBytes: 1 })).toMatchObject({ body: "o", end: "cut" });
    expect(await exchange(transport, receiver, { maxBytes: 0 })).toMatchObject({ body: "", end: "cut" });
    expect(receiver.connections.length).toBe(1);
  });

  test("a kept connection is not used for another address of the same name", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    await exchange(transport, receiver);
    const elsewhere = await exchange(transport, receiver, { address: "127.0.0.2" });
    expect(elsewhere).toEqual({ failure: "connect_refused", nothingWritten: true });
    expect(receiver.requests.length).toBe(1);
  });

  test("closing the transport closes what is idle", async () => {
    const transport = openTransport();
    await using receiver = await startSchemeReceiver(scheme, answering(OK));
    await exchange(transport, receiver);
    await transport.close();
    await (await receiver.nextConnection("the connection")).closed;
  });
});

describe("TLS", () => {
  test("a kept connection is not used for another name, though the address is the same", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver("https", answering(OK));
    for (const host of ["a.test", "b.test", "a.test"]) {
      expect(await exchange(transport, receiver, { host })).toMatchObject({ status: 200 });
    }
    expect(receiver.connections.length).toBe(2);
  });

  test("the first request of a connection is told how long connect and handshake took", async () => {
    await using transport = openTransport();
    await using receiver = await startSchemeReceiver("https", answering(OK));
    const outcome = await exchange(transport, receiver);
    expect(outcome).toMatchObject({ timings: { connectMs: expect.any(Number), tlsMs: expect.any(Number) } });
  });
});
