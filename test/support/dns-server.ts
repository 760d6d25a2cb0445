import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { parseIp } from "../../src/domain/ip.ts";

/** What one family's question is answered with: records (none: no data), a failure, or nothing at all. */
export type FamilyAnswer = readonly string[] | "servfail" | "nxdomain" | "refused" | "silent";

export interface DnsRecords {
  readonly A?: FamilyAnswer;
  readonly AAAA?: FamilyAnswer;
  readonly ttlSeconds?: number;
  /** Whose addresses the answer says these are, if not those of the name that was asked for. */
  readonly owner?: string;
  /** Says that it is cut off, however short it is, and is the same over TCP. */
  readonly isCutOff?: boolean;
  /** The name is an alias of this one, which has the addresses. */
  readonly cname?: string;
  /** Answers only when this is settled. */
  readonly after?: Promise<void>;
  /** It takes so long, from the first question on, until it knows the answer: it has to ask others who are slow. */
  readonly knownAfterMs?: number;
}

/** What is known, by name; or what is said to one question. Undefined: there is no such name. */
export type Zone = Readonly<Record<string, DnsRecords>> | ((question: DnsQuestion) => DnsRecords | undefined);

export interface DnsQuestion {
  readonly name: string;
  readonly type: "A" | "AAAA";
  /** 1-based, among the questions for the same name and type. */
  readonly number: number;
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
const SOA = 6;
const RCODES = { none: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const UDP_MAX_BYTES = 512;
const TRUNCATED = 0x0200;

/** A name server on loopback, over UDP and (for what does not fit) TCP. */
export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const asked: string[] = [];
  const timesAsked = new Map<string, number>();
  const known = new Map<string, Promise<void>>();
  const connections = new Set<Socket>();

  function recordsFor(name: string, type: "A" | "AAAA"): DnsRecords | undefined {
    const number = (timesAsked.get(`${type} ${name}`) ?? 0) + 1;
    timesAsked.set(`${type} ${name}`, number);
    asked.push(name);
    return typeof zone === "function" ? zone({ name, type, number }) : zone[name];
  }

  function becomesKnown(question: string, afterMs: number): Promise<void> {
    const becoming = known.get(question) ?? Bun.sleep(afterMs);
    known.set(question, becoming);
    return becoming;
  }

  async function reply(query: Buffer, maxBytes: number): Promise<Buffer | null> {
    const { name, type, question } = readQuestion(query);
    const records = recordsFor(name, type);
    if (records?.after !== undefined) await records.after;
    if (records?.knownAfterMs !== undefined) await becomesKnown(`${type} ${name}`, records.knownAfterMs);
    const answer = records === undefined ? "nxdomain" : (records[type] ?? []);
    if (answer === "silent") return null;
    const authority = answer === "nxdomain" || answer.length === 0 ? [startOfAuthority(records ?? {})] : [];
    if (typeof answer === "string") return message(query, question, { rcode: RCODES[answer], authority });
    const flags = records?.isCutOff ? TRUNCATED : 0;
    const full = message(query, question, { answer: resourceRecords(answer, records ?? {}), authority, flags });
    return full.length <= maxBytes ? full : message(query, question, { flags: TRUNCATED });
  }

  const tcp = createServer((connection) => {
    connections.add(connection.on("error", () => connection.destroy()));
    connection.on("data", (data: Buffer) => {
      for (const query of framed(data)) {
        void reply(query, Number.POSITIVE_INFINITY).then((answer) => {
          if (answer !== null) connection.write(Buffer.concat([uint16(answer.length), answer]));
        });
      }
    });
  });
  await once(tcp.listen(0, "127.0.0.1"), "listening");
  const bound = tcp.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : 0;

  /** A datagram that came too late for whoever asked makes the next one fail, which is then sent again. */
  function send(answer: Buffer, { port, address }: RemoteInfo): void {
    udp.send(answer, port, address, (error) => {
      if (error !== null) udp.send(answer, port, address);
    });
  }

  const udp = createSocket("udp4");
  udp.on("message", async (query: Buffer, from) => {
    const answer = await reply(query, UDP_MAX_BYTES);
    if (answer !== null) send(answer, from);
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

/** RFC 1035 §4.2.2: several queries may come at once. Clients send each of them whole. */
function framed(data: Buffer): Buffer[] {
  if (data.length === 0) return [];
  const end = 2 + data.readUInt16BE(0);
  return [data.subarray(2, end), ...framed(data.subarray(end))];
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

interface Answered {
  readonly rcode?: number;
  readonly flags?: number;
  readonly answer?: readonly Buffer[];
  readonly authority?: readonly Buffer[];
}

/** RFC 1035 §4.1.1: an authoritative answer to `query`. */
function message(query: Buffer, question: Buffer, answered: Answered): Buffer {
  const { rcode = RCODES.none, flags = 0, answer = [], authority = [] } = answered;
  const counts = [uint16(1), uint16(answer.length), uint16(authority.length), uint16(0)];
  const header = [query.subarray(0, 2), uint16(0x8580 | flags | rcode), ...counts];
  return Buffer.concat([...header, question, ...answer, ...authority]);
}

const NAME_ASKED_FOR = uint16(0xc00c);

/** How long it holds that there is nothing (RFC 2308 §3). */
function startOfAuthority({ ttlSeconds = 60 }: DnsRecords): Buffer {
  const numbers = [1, 3_600, 600, 86_400, ttlSeconds].map(uint32);
  return record(NAME_ASKED_FOR, SOA, ttlSeconds, Buffer.concat([encodeName("ns"), encodeName("admin"), ...numbers]));
}

function resourceRecords(addresses: readonly string[], { cname, ttlSeconds = 60, ...records }: DnsRecords): Buffer[] {
  const named = records.owner ?? cname;
  const owner = named === undefined ? NAME_ASKED_FOR : encodeName(named);
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
