import { beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { newToken } from "../../src/domain/token.ts";
import { startAnswering } from "../support/answering-binary.ts";
import { LOOPBACK_ALLOWED, runBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { type ReceivedRequest, type ReceiverAnswer, startReceiver } from "../support/receiver.ts";
import { type Secrets, secretsFound } from "../support/secret-search.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const SETTINGS = { ...LOOPBACK_ALLOWED, POSTHORN_RETRY_SCHEDULE: "100ms", POSTHORN_LOG_LEVEL: "debug" };
const EVENTS = 40;
const PAYLOAD = "a payload that is nobody else's business";
const HEADERS = {
  Authorization: "Bearer receiver-token/0123456789",
  "X-Api-Key": 'quoted "key" of the receiver',
  "X-Latin": "Schlüssel für Zoë",
};
const CHOSEN = "a secret that the owner of the webhook chose";
const CHANGED = "the secret to which it was changed later";
/** Put where no secret belongs, by mistake: it is stored as what it was given for, but told neither by the log nor by an error. */
const MISPLACED = newToken(new Uint8Array(32).fill(5));
const WRONG_KEYS = {
  "an unknown key": newToken(new Uint8Array(32).fill(6)),
  "a mistyped key": `${newToken(new Uint8Array(32).fill(7)).slice(0, -1)}_`,
  "a wrong admin key": "an-admin-key-of-another-installation",
};

test("the search finds a secret in each form, wherever it stands", () => {
  const secret = "hunter2/hunter2";
  const bytes = Buffer.from(secret);
  const forms = [bytes, bytes.toHex(), Buffer.from(secret, "utf16le"), encodeURIComponent(secret)];
  const within = ["", "x", "xy"].map((before) => Buffer.from(`${before}${secret}yz`).toString("base64"));
  for (const form of [...forms, ...within]) {
    const text = Buffer.concat([Buffer.from("noise"), Buffer.from(form), Buffer.from("noise")]);
    expect(secretsFound({ secret }, "a text", text)).not.toEqual([]);
  }
  expect(secretsFound({ secret }, "a text", "hunter2 hunter2")).toEqual([]);
});

describe("after a load, with receivers that show every request again,", () => {
  test.each(["json", "text"] as const)(
    "no key, secret, cookie or header's value is in the files, a backup, an error or a log of %s lines",
    async (format) => {
      using place = emptyPlace();
      await using receiver = startReceiver(echo);
      await using posthorn = await startAnswering(place, { ...SETTINGS, POSTHORN_LOG_FORMAT: format });
      const client = new Client(posthorn.url, posthorn.adminKey);
      const secrets = await client.fill(receiver.origin);
      await client.blunder(secrets);
      await client.settled();
      expect(receiver.requests.length).toBeGreaterThan(EVENTS);

      const backup = join(place.path, "backup.db");
      expect((await runBinary(["backup", backup], { place })).exitCode).toBe(0);
      const sought = { ...secrets, ...WRONG_KEYS, ...sealingKey(place) };
      // The log of the database is still there, and has every change in it.
      expect(readdirSync(place.dataDir)).toContain("posthorn.db-wal");
      expect(foundInFiles(sought, place)).toEqual([]);
      posthorn.signal("SIGTERM");
      const { exitCode, out, error } = await posthorn.ended;
      expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
      expect(foundInFiles(sought, place)).toEqual([]);
      expect(secretsFound(sought, "the backup", readFileSync(backup))).toEqual([]);

      const told = { ...sought, MISPLACED };
      expect(client.errors.length).toBeGreaterThan(20);
      expect(client.errors.flatMap((text) => secretsFound(told, text, text))).toEqual([]);
      expect(secretsFound({ ...told, PAYLOAD }, "the log", out)).toEqual([]);
      expect(out.split("\n").length).toBeGreaterThan(EVENTS);
    },
    30_000,
  );
});

/** As many do while they are being developed: it fails, and shows everything that came. */
function echo({ headers, body }: ReceivedRequest, n: number): ReceiverAnswer {
  const shown = JSON.stringify({ headers, body });
  return { status: n % 2 === 0 ? 200 : 500, headers: { "X-Echo": headers["authorization"] ?? "" }, body: shown };
}

/** Talks to the API, and keeps what it says when it says no. */
class Client {
  readonly errors: string[] = [];
  readonly #url: string;
  readonly #adminKey: string;

  constructor(url: string, adminKey: string) {
    this.#url = url;
    this.#adminKey = adminKey;
  }

  /** Webhooks, keys, sessions and events. @returns every secret that there is then */
  async fill(receiver: string): Promise<Secrets> {
    const made = await this.#made("/api/webhooks", { url: `${receiver}/made`, events: ["*"], headers: HEADERS });
    const chosen = await this.#made("/api/webhooks", { url: `${receiver}/chosen`, events: ["*"], secret: CHOSEN });
    const gone = await this.#made("/api/webhooks", { url: `${receiver}/gone`, events: ["*"], description: MISPLACED });
    const keys: Record<string, string> = {};
    for (const scope of ["read", "manage", "publish", "admin"]) {
      keys[`the ${scope} key`] = (await this.#made("/api/keys", { name: scope, scope }))["token"] ?? "";
    }
    const session = await this.call("POST", "/api/session", { body: { key: keys["the read key"] } });
    const [, cookie = ""] = /posthorn_session=([^;]+)/.exec(session.headers.get("set-cookie") ?? "") ?? [];
    expect((await this.call("GET", "/api/webhooks", { headers: { Cookie: `posthorn_session=${cookie}` } })).ok).toBe(
      true,
    );
    const events = Array.from({ length: EVENTS }, (_, n) =>
      this.call("POST", "/api/events", { body: { type: "resume.created", data: { n, PAYLOAD } } }),
    );
    await Promise.all(events);
    await this.call("PUT", `/api/webhooks/${chosen["id"]}`, { body: { secret: CHANGED } });
    await this.call("DELETE", `/api/webhooks/${gone["id"]}`);
    await this.call("POST", `/api/webhooks/${made["id"]}/test`, { body: {} });
    await this.call("GET", `/api/webhooks/${chosen["id"]}/secret`);
    return {
      ...{ CHOSEN, CHANGED, "a made secret": made["secret"] ?? "", "a deleted webhook's secret": gone["secret"] ?? "" },
      ...keys,
      ...{ "the admin key": this.#adminKey, "a session's cookie": cookie },
      ...Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [`the value of ${name}`, value])),
      "the credentials without their scheme": HEADERS.Authorization.slice("Bearer ".length),
    };
  }

  /** Every way in which somebody puts a secret in the wrong place. */
  async blunder(secrets: Secrets): Promise<void> {
    for (const key of [...Object.values(WRONG_KEYS), CHOSEN, MISPLACED]) {
      await this.call("GET", "/api/webhooks", { headers: { Authorization: `Bearer ${key}` } });
    }
    await this.call("POST", "/api/session", { body: { key: WRONG_KEYS["an unknown key"] } });
    await this.call("GET", "/api/webhooks", { headers: { Cookie: `posthorn_session=${MISPLACED}` } });
    for (const [name, secret] of [...Object.entries(secrets), ["MISPLACED", MISPLACED]] as const) {
      const isOurs = /^(posthorn|whsec)_/.test(secret);
      const text = encodeURIComponent(secret);
      await this.call("GET", `/api/webhooks?${isOurs ? "limit" : "secret"}=${text}`);
      await this.call("POST", "/api/webhooks", { body: { secrt: secret, headers: { [`bad name`]: secret } } });
      await this.call("POST", "/api/webhooks", { body: { secret: [secret], headers: secret, url: 1, events: ["*"] } });
      await this.call("POST", "/api/webhooks", { body: `{"secret": "${name}" ${JSON.stringify(secret)}` });
      if (isOurs) await this.call("GET", `/api/webhook/${text}/logs`);
      if (isOurs)
        await this.call("POST", "/api/webhooks", { body: { url: `ftp://${secret}/${text}`, events: [secret] } });
      if (isOurs) await this.call("GET", "/api/webhooks", { headers: { "X-Tenant": secret } });
    }
  }

  /** Resolves when nothing is pending any more. */
  async settled(): Promise<void> {
    await until("nothing is pending", async () => {
      const { data } = (await (await this.call("GET", "/health")).json()) as { data: { pending: number } };
      return data.pending === 0;
    });
  }

  async call(method: string, path: string, given: { readonly body?: unknown; readonly headers?: Secrets } = {}) {
    const { body, headers = { Authorization: `Bearer ${this.#adminKey}` } } = given;
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...headers, "Content-Type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    if (!response.ok) this.errors.push(`${method} ${response.status} ${await response.clone().text()}`);
    return response;
  }

  async #made(path: string, body: unknown): Promise<Readonly<Record<string, string>>> {
    const response = await this.call("POST", path, { body });
    expect(response.status).toBe(201);
    return ((await response.json()) as { data: Record<string, string> }).data;
  }
}

function sealingKey({ dataDir }: Place): Secrets {
  const base64 = readFileSync(join(dataDir, "secret.key"), "utf8").trim();
  return { "the sealing key": base64, "the sealing key in hexadecimal": Buffer.from(base64, "base64").toHex() };
}

/** But for the two that hold the keys. */
function foundInFiles(secrets: Secrets, { dataDir }: Place): readonly string[] {
  const names = readdirSync(dataDir).filter((name) => name !== "admin.key" && name !== "secret.key");
  return names.flatMap((name) => secretsFound(secrets, name, readFileSync(join(dataDir, name))));
}
