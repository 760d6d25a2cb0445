import { afterAll, describe, expect, test } from "bun:test";
import { createTransport } from "../../src/real/transport.ts";
import { ManualCutoff } from "../support/cutoff.ts";
import { certificate, exchange, type Scheme } from "../support/exchange.ts";
import { openFiles, startSilentAddress } from "../support/silent-address.ts";
import { startSlowReceiver } from "../support/slow-receiver.ts";
import { until } from "../support/until.ts";

const transport = createTransport({ ca: certificate.certificate });
const SCHEMES: readonly Scheme[] = ["http", "https"];
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/** More than a system takes for somebody who does not read, of characters of one, two and three bytes. */
const LONG_BODY = "x\u00e9\u20ac".repeat(4_000_000);
const MIDDLE_BODY = "\u20acuro".repeat(45_000);

afterAll(() => transport.close());

describe.each(SCHEMES)("over %s", (scheme) => {
  const startReceiver = () => startSlowReceiver(scheme === "https" ? certificate : undefined);

  test.each([
    ["a quarter of a megabyte", MIDDLE_BODY],
    ["more than fits on the way", LONG_BODY],
  ])("a body of %s comes whole to a receiver that lets it wait", async (_size, body) => {
    await using receiver = await startReceiver();
    const sending = exchange(transport, receiver, { body });
    const socket = await receiver.connection;
    const hash = new Bun.CryptoHasher("sha256");
    const bodyBytes = Buffer.byteLength(body);
    let head = "";
    let come = 0;
    socket.on("data", (chunk: Buffer) => {
      const start = head.endsWith("\r\n\r\n") ? 0 : chunk.indexOf("\r\n\r\n") + 4;
      if (start > 0) head = chunk.toString("latin1", 0, start);
      hash.update(chunk.subarray(start));
      come += chunk.length - start;
      if (come === bodyBytes) socket.write(OK);
    });
    socket.resume();
    expect(await sending).toMatchObject({ status: 200, body: "ok", end: "complete" });
    expect(head).toContain(`Content-Length: ${bodyBytes}\r\n`);
    expect(hash.digest("hex")).toBe(new Bun.CryptoHasher("sha256").update(body).digest("hex"));
  });

  test("a request that its receiver does not read is left when the caller says so", async () => {
    await using receiver = await startReceiver();
    const stop = new ManualCutoff();
    const sending = exchange(transport, receiver, { body: LONG_BODY, cutoff: stop });
    const socket = await receiver.connection;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    stop.cut();
    expect(await sending).toEqual({ failure: "aborted", nothingWritten: false });
    socket.resume();
    await closed;
  });

  test("an answer before the request was taken whole counts, and ends the connection", async () => {
    await using receiver = await startReceiver();
    const sending = exchange(transport, receiver, { body: LONG_BODY });
    const socket = await receiver.connection;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(OK.replace("200 OK", "413 Content Too Large"));
    expect(await sending).toMatchObject({ status: 413, body: "ok", end: "complete" });
    socket.resume();
    await closed;
  });

  describe.skipIf(process.platform !== "linux")("an address that does not answer (made as Linux lets it)", () => {
    test("runs into the connect timeout, with nothing written", async () => {
      await using address = await startSilentAddress();
      const silent = { origin: `${scheme}://127.0.0.1`, port: address.port };
      const before = openFiles();
      const outcome = await exchange(transport, silent, { connectTimeoutMs: 50 });
      expect(outcome).toEqual({ failure: "connect_timeout", nothingWritten: true });
      await until("its descriptor is free again", () => openFiles() <= before);
    });

    test("is left when the caller says so", async () => {
      await using address = await startSilentAddress();
      const stop = new ManualCutoff();
      const sending = exchange(transport, { origin: `${scheme}://127.0.0.1`, port: address.port }, { cutoff: stop });
      stop.cut();
      expect(await sending).toEqual({ failure: "aborted", nothingWritten: false });
    });
  });
});
