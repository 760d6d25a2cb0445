import { beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";
import { type AnsweringBinary, startAnswering } from "../support/answering-binary.ts";
import { LOOPBACK_ALLOWED } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { freePort } from "../support/free-port.ts";
import { emptyPlace } from "../support/place.ts";
import { answering, startRawReceiver } from "../support/raw-receiver.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** What would be a line of its own, in both forms, behind everything that ends a line somewhere, or moves a terminal's cursor. */
const FORGED = "FORGED";
const ENDS = [
  "\n",
  "\r\n",
  "\r",
  "\x1b[2J\x1b[H",
  "\x85",
  "\u2028",
  "\u2029",
  "\v",
  "\f",
  "\0",
  "\x9b2J",
  "\u202e",
  "\x08",
];
const LINES = [
  `{"time":"2024-12-30T10:00:00.000Z","level":"error","message":"${FORGED}"}`,
  `2024-12-30T10:00:00.000Z ERROR ${FORGED} a=1`,
];
const FORGERY = ENDS.flatMap((end) => LINES.map((line) => end + line)).join("");
/** The same, each byte a character. */
const FORGERY_BYTES = Buffer.from(FORGERY).toString("latin1");
/** Bytes that may stand in a head, and such as may not. */
const ODD = `\x85\x9b2J ${LINES.join(" ")}`;
const ILLEGAL = `\x1b[2J\x0b ${LINES.join(" ")}`;
const PAYLOAD = "PAYLOAD";
const EVENTS = 3;

const MESSAGES = [
  ...["Posthorn is listening", "Posthorn is stopping", "Posthorn has stopped"],
  ...["attempt", "attempt, the last one"],
];
/** Of everything that a line must not hold within itself. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const WORD = /(?:"(?:[^"\\]|\\.)*"|[^\s"=]+)/.source;
const TEXT_LINE = new RegExp(`^\\S+Z (?:DEBUG|INFO |WARN |ERROR) ([A-Z][^=]*?|attempt[^=]*?)((?: ${WORD}=${WORD})*)$`);

const SETTINGS = {
  ...LOOPBACK_ALLOWED,
  ...{
    POSTHORN_ALLOW_HOSTS: "localhost",
    POSTHORN_RETRY_SCHEDULE: "none",
    POSTHORN_LOG_LEVEL: "debug",
    POSTHORN_TIMEOUT: "1s",
  },
  // What is warned of at the start: a name that the environment bears, and with it anything at all.
  [`POSTHORN_ODD${ENDS.filter((end) => end !== "\0").join("")}${FORGED}`]: "1",
};
const WARNING = /is not a setting/;

describe.each(["json", "text"] as const)(
  "with hostile clients, receivers and names, at level debug, in %s,",
  (format) => {
    test("each line is one, tells what happened and nothing that was made up, and no payload or body", async () => {
      using place = emptyPlace();
      await using receivers = await misbehaving();
      const dataDir = join(place.path, `data \u2028"${FORGED}"=\u202e`);
      const settings = { ...SETTINGS, POSTHORN_DATA_DIR: dataDir, POSTHORN_LOG_FORMAT: format };
      await using posthorn = await startAnswering(place, settings);
      const client = new Client(posthorn);
      await client.attack(receivers.origins);
      await client.attackRaw();
      const attempts = await client.attempts();
      expect(attempts).toBeGreaterThanOrEqual(receivers.origins.length * EVENTS);
      posthorn.signal("SIGTERM");
      const { exitCode, out, error } = await posthorn.ended;
      expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });

      const lines = out.split("\n").filter((line) => line !== "");
      const messages = lines.map(format === "json" ? messageOfJson : messageOfText);
      const warnings = messages.filter((message) => WARNING.test(message));
      const others = messages.filter((message) => !WARNING.test(message));
      expect(warnings).toHaveLength(1);
      expect(others.filter((message) => !MESSAGES.includes(message))).toEqual([]);
      expect(others.filter((message) => message.startsWith("attempt"))).toHaveLength(attempts);
      expect(others).toHaveLength(attempts + 3);
      for (const line of lines) expect(line).not.toMatch(UNSAFE);
      expect(out).not.toContain(PAYLOAD);
      expect(lines.filter((line) => line.includes(FORGED) && !/is not a setting|data_dir/.test(line))).toEqual([]);
    });
  },
);

/** Each answers everything in its own way. */
async function misbehaving() {
  const body = `${PAYLOAD}${FORGERY_BYTES}`;
  const length = `Content-Length: ${body.length}\r\n`;
  const ways = [
    `HTTP/1.1 500 Odd\x85\x9b2J{"level":"error"} a=1\r\n${length}X-Odd: ${ODD}\r\n\r\n${body}`,
    `HTTP/1.1 200 OK\r\n${length}X-Odd: ${ODD}\r\n\r\n${body}`,
    `HTTP/1.1 500 ${ILLEGAL}\r\n${length}\r\n${body}`,
    `HTTP/1.1 500 Bad\r\nX-Illegal: ${ILLEGAL}\r\n${length}\r\n${body}`,
    `HTTP/1.1 302 ${FORGED.toLowerCase()}\r\nLocation: ${ODD}\r\n${length}\r\n${body}`,
    `${FORGERY_BYTES}\r\n\r\n`,
  ];
  const plain = await Promise.all(ways.map((way) => startRawReceiver(answering(way))));
  const noTls = await startRawReceiver((connection) => connection.write(FORGERY_BYTES));
  return {
    origins: [...plain.map(({ origin }) => origin), noTls.origin.replace("http:", "https:")],
    [Symbol.asyncDispose]: async () => {
      for (const receiver of [...plain, noTls]) await receiver[Symbol.asyncDispose]();
    },
  };
}

/** Says what it should not, wherever something can be said. */
class Client {
  readonly #posthorn: AnsweringBinary;

  constructor(posthorn: AnsweringBinary) {
    this.#posthorn = posthorn;
  }

  async attack(origins: readonly string[]): Promise<void> {
    const nowhere = [
      `http://127.0.0.1:${await freePort()}`,
      ...origins.map((origin) => origin.replace("http:", "https:")).slice(0, 1),
    ];
    for (const origin of [...origins, ...nowhere]) {
      const url = `${origin}/hook?${encodeURIComponent(ENDS.join(LINES[0]).slice(0, 300))}#${FORGED}`;
      const webhook = { url, events: ["*"], description: FORGERY.slice(0, 500), headers: { "X-Odd": LINES[0] } };
      expect((await this.#post("/api/webhooks", webhook)).status).toBe(201);
    }
    expect((await this.#post("/api/keys", { name: FORGERY.slice(0, 90), scope: "read" })).ok).toBe(true);
    for (const id of [FORGERY, ...LINES]) {
      await this.#post("/api/keys", { name: id, scope: id });
      await this.#post("/api/webhooks", { url: id, events: [id], secret: id, [id]: id });
      await this.#post("/api/events", { id, type: id, data: id });
      await this.#post(`/api/webhooks/${encodeURIComponent(id.slice(0, 500))}/test`, { event_type: id });
      await this.#post(`/api/${encodeURIComponent(id.slice(0, 500))}?${encodeURIComponent(id.slice(0, 500))}`, id);
    }
    const event = { type: "resume.created", data: { PAYLOAD, FORGERY, [FORGERY]: LINES } };
    for (let n = 0; n < EVENTS; n++) expect((await this.#post("/api/events", event)).status).toBe(202);
  }

  /** What no ordinary client can send. */
  async attackRaw(): Promise<void> {
    const end = "\r\nHost: x\r\nConnection: close\r\n\r\n";
    const authorization = `Authorization: Bearer ${this.#posthorn.adminKey}`;
    for (const text of [
      `GET /api/webhooks/${ILLEGAL} HTTP/1.1\r\n${authorization}${end}`,
      `GET /api/webhooks/%0a%0d%1b${FORGED}%e2%80%a8 HTTP/1.1\r\n${authorization}${end}`,
      `GET /api/webhooks HTTP/1.1\r\nX-Tenant: ${ODD}\r\n${authorization}${end}`,
      `GET /api/webhooks HTTP/1.1\r\nAuthorization: Bearer ${ODD}${end}`,
      `${FORGED} /api/webhooks HTTP/1.1\r\nX-Request-Id: ${ODD}\r\n${authorization}${end}`,
      `${FORGERY_BYTES}\r\n\r\n`,
    ]) {
      await this.#sendRaw(text);
    }
  }

  /** How many there were, once nothing is pending any more. */
  async attempts(): Promise<number> {
    await until("nothing is pending", async () => (await this.#get<{ pending: number }>("/health")).pending === 0);
    const webhooks = await this.#get<readonly { id: string }[]>("/api/webhooks?limit=200");
    const logs = webhooks.map(({ id }) => this.#get<readonly { attempts: number }[]>(`/api/webhooks/${id}/logs`));
    return (await Promise.all(logs)).flat().reduce((sum, { attempts }) => sum + attempts, 0);
  }

  #post(path: string, body: unknown): Promise<Response> {
    return this.#fetch(path, { method: "POST", body: JSON.stringify(body) });
  }

  async #get<Data>(path: string): Promise<Data> {
    return ((await (await this.#fetch(path)).json()) as { data: Data }).data;
  }

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { url, adminKey } = this.#posthorn;
    const headers = { Authorization: `Bearer ${adminKey}`, "Content-Type": "application/json", "User-Agent": FORGED };
    return fetch(`${url}${path}`, { ...init, headers });
  }

  /** Resolves when the connection is closed. */
  #sendRaw(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(Number(new URL(this.#posthorn.url).port), "127.0.0.1", () => socket.end(text, "latin1"));
    socket
      .on("error", () => {})
      .on("close", () => resolve())
      .resume();
    return promise;
  }
}

function messageOfJson(line: string): string {
  const { time, level, message }: Record<string, unknown> = JSON.parse(line);
  expect(String(time)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(["debug", "info", "warn", "error"]).toContain(String(level));
  return String(message);
}

function messageOfText(line: string): string {
  const [, message = `no line of a log: ${line}`] = TEXT_LINE.exec(line) ?? [];
  return message;
}
