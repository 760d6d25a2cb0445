import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { parseIp } from "../../src/domain/ip.ts";

/** What one family's question is answered with: records (none: no data), a failure, or nothing at all. */
export type FamilyAnswer = readonly string[] | "servfail" | "refused" | "silent";

export interface DnsRecords {
  readonly A?: FamilyAnswer;
  readonly AAAA?: FamilyAnswer;
  readonly ttlSeconds?: number;
  /** The name is an alias of this one, which has the addresses. */
  readonly cname?: string;
  /** Answers only when this is settled. */
  readonly after?: Promise<void>;
}

export interface DnsServer extends AsyncDisposable {
  /** `address:port` */
  readonly address: string;
  /** The names that were asked for, each once per question. */
  readonly asked: readonly string[];
}

const TYPES: ReadonlyMap<number, "A" | "AAAA"> = new Map([
  [1, "A"],
  [28, "AAAA"],
]);
const CNAME = 5;
const RCODES = { none: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const UDP_MAX_BYTES = 512;
const TRUNCATED = 0x0200;

/** A name server on loopback, over UDP and (for what does not fit) TCP. A name that is not in `zone` does not exist. */
export async function startDnsServer(zone: Readonly<Record<string, DnsRecords>>): Promise<DnsServer> {
  const asked: string[] = [];
  const connections = new Set<Socket>();

  async function reply(query: Buffer, maxBytes: number): Promise<Buffer | null> {
    const { name, type, question } = readQuestion(query);
    asked.push(name);
    const records = zone[name];
    await records?.after;
    const answer = records === undefined ? "nxdomain" : (records[type] ?? []);
    if (answer === "silent") return null;
    if (typeof answer === "string") return message(query, question, RCODES[answer], []);
    const full = message(query, question, RCODES.none, resourceRecords(answer, records ?? {}));
    return full.length <= maxBytes ? full : message(query, question, RCODES.none, [], TRUNCATED);
  }

  const tcp = createServer((connection) => {
    connections.add(connection.on("error", () => connection.destroy()));
    connection.on("data", async (data: Buffer) => {
      const answer = await reply(data.subarray(2), Number.POSITIVE_INFINITY);
      if (answer !== null) connection.write(Buffer.concat([uint16(answer.length), answer]));
    });
  });
  await once(tcp.listen(0, "127.0.0.1"), "listening");
  const bound = tcp.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : 0;

  const udp = createSocket("udp4");
  udp.on("message", async (query: Buffer, from) => {
    const answer = await reply(query, UDP_MAX_BYTES);
    if (answer !== null) udp.send(answer, from.port, from.address);
  });
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");

  return {
    address: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy();
      tcp.close();
      udp.close();
    },
  };
}

/** RFC 1035 §4.1.2. */
function readQuestion(query: Buffer): { name: string; type: "A" | "AAAA"; question: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = TYPES.get(query.readUInt16BE(at + 1)) ?? "A";
  return { name: labels.join(".").toLowerCase(), type, question: query.subarray(12, at + 5) };
}

/** RFC 1035 §4.1.1: an authoritative answer to `query`. */
function message(query: Buffer, question: Buffer, rcode: number, records: readonly Buffer[], flags = 0): Buffer {
  const header = [query.subarray(0, 2), uint16(0x8580 | flags | rcode), uint16(1), uint16(records.length), uint16(0)];
  return Buffer.concat([...header, uint16(0), question, ...records]);
}

const NAME_ASKED_FOR = uint16(0xc00c);

function resourceRecords(addresses: readonly string[], { cname, ttlSeconds = 60 }: DnsRecords): Buffer[] {
  const owner = cname === undefined ? NAME_ASKED_FOR : encodeName(cname);
  const alias = cname === undefined ? [] : [record(NAME_ASKED_FOR, CNAME, ttlSeconds, encodeName(cname))];
  return [...alias, ...addresses.map((address) => addressRecord(owner, address, ttlSeconds))];
}

function addressRecord(owner: Buffer, address: string, ttlSeconds: number): Buffer {
  const ip = parseIp(address);
  if (ip === null) throw new Error(`${address} is no address`);
  const data = Buffer.from(ip.bits.toString(16).padStart(ip.width / 4, "0"), "hex");
  return record(owner, ip.width === 32 ? 1 : 28, ttlSeconds, data);
}

/** RFC 1035 §4.1.3, class IN. */
function record(owner: Buffer, type: number, ttlSeconds: number, data: Buffer): Buffer {
  return Buffer.concat([owner, uint16(type), uint16(1), uint32(ttlSeconds), uint16(data.length), data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  return Buffer.concat([uint16(value >>> 16), uint16(value & 0xffff)]);
}
