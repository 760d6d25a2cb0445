import { expect, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createResolver } from "../../src/real/resolver.ts";

interface Answer {
  readonly number: Buffer;
  readonly question: Buffer;
  readonly address: string | null;
}

/** RFC 1035 §4.1: the address, or that there is no such name. */
function message({ number, question, address }: Answer): Buffer {
  const octets = address?.split(".").map(Number);
  const record = octets === undefined ? [] : [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...octets];
  const flags = [0x85, octets === undefined ? 0x83 : 0x80];
  const counts = [0, 1, 0, octets === undefined ? 0 : 1, 0, 0, 0, 0];
  return Buffer.concat([number, Buffer.from([...flags, ...counts]), question, Buffer.from(record)]);
}

/** The other bit of one byte. */
function altered(bytes: Buffer, at: number): Buffer {
  return Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

type Forgery = (truth: Answer) => { readonly forged: Answer; readonly byOther?: boolean };

test.each<[what: string, forgery: Forgery, isTaken: boolean]>([
  [
    "an answer under another number is not taken",
    (truth) => ({ forged: { ...truth, number: altered(truth.number, 0) } }),
    false,
  ],
  [
    "an answer to another question is not taken",
    (truth) => ({ forged: { ...truth, question: altered(truth.question, 1) } }),
    false,
  ],
  ["an answer of another sender is not taken", (truth) => ({ forged: truth, byOther: true }), false],
  ["the server's own answer is taken", (truth) => ({ forged: truth }), true],
])("%s", async (_, forgery, isTaken) => {
  const [server, other] = await Promise.all([openSocket(), openSocket()]);
  server.on("message", (query: Buffer, { port, address }) => {
    const [number, question] = [query.subarray(0, 2), query.subarray(12, query.indexOf(0, 12) + 5)];
    const { forged, byOther = false } = forgery({ number, question, address: "1.1.1.1" });
    const tellTruth = () => server.send(message({ number, question, address: null }), port, address);
    (byOther ? other : server).send(message(forged), port, address, tellTruth);
  });
  const resolver = createResolver({ servers: [`127.0.0.1:${server.address().port}`], hostsFile: "/nonexistent/hosts" });
  expect((await resolver.resolve("victim.test")).ok).toBe(isTaken);
  server.close();
  other.close();
});
