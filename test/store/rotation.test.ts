import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit-code.ts";
import { rotateSecretKey } from "../../src/cli/rotate-secret-key.ts";
import { DataDir } from "../../src/data-dir.ts";
import { formatId } from "../../src/domain/ids.ts";
import { parseSealingKey, sealingKeyId } from "../../src/domain/sealing-key.ts";
import { Secret } from "../../src/domain/secret.ts";
import { KeyFiles } from "../../src/key-files.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { recordedConsole } from "../support/recorded-console.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { Scene, TENANT } from "./conformance/scene.ts";
import { storeOptions, temporaryDirectory } from "./open-sqlite.ts";

const HEADERS = [["X-Token", "a header's value"]] as const;
const SECRETS = ["secret 0", "secret 1", "secret 2"];
const OLD = new Secret("0a".repeat(32));
const NEW = new Secret("0b".repeat(32));

describe("a rotation", () => {
  test("seals everything with a new key, also what is deleted, and leaves nothing of the old key's in the files", async () => {
    using directory = await sealedDirectory();
    const { path: dataDir } = directory;
    const before = keyIn(dataDir, "secret.key");
    expect(traces(dataDir, before)).toBeGreaterThan(SECRETS.length);
    const { exitCode, out, error } = rotate(dataDir);
    expect({ exitCode, error }).toEqual({ exitCode: EXIT.ok, error: "" });
    expect(out).toContain("The secrets of 3 webhooks, deleted ones included");
    expect(out).toContain(`secret.key.${sealingKeyId(before)}`);
    expect(traces(dataDir, before)).toBe(0);
    expect(await secretsIn(dataDir)).toEqual(SECRETS);
    expect(keyIn(dataDir, `secret.key.${sealingKeyId(before)}`)).toEqual(before);
    expect(sealingKeyId(keyIn(dataDir, "secret.key"))).not.toBe(sealingKeyId(before));
    for (const name of keyNames(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  });

  test("seals each of a webhook's secrets, for the day on which it has two", async () => {
    using directory = await sealedDirectory();
    changed(directory.path, "UPDATE webhooks SET secrets = json_insert(secrets, '$[#]', secrets ->> '$[0]')");
    expect(rotate(directory.path).exitCode).toBe(EXIT.ok);
    const seal = `v1.${sealingKeyId(keyIn(directory.path, "secret.key"))}.`;
    for (const { secrets } of sealedRows(directory.path)) {
      expect(JSON.parse(secrets)).toEqual([expect.stringContaining(seal), expect.stringContaining(seal)]);
    }
    expect(await secretsIn(directory.path)).toEqual(SECRETS);
  });

  test("may come again and again", async () => {
    using directory = await sealedDirectory();
    for (let times = 0; times < 3; times++) expect(rotate(directory.path).exitCode).toBe(EXIT.ok);
    expect(keyNames(directory.path)).toHaveLength(1 + 3);
    expect(await secretsIn(directory.path)).toEqual(SECRETS);
  });

  test("that is cut off at any moment leaves a directory that opens with nothing lost", async () => {
    using directory = await sealedDirectory();
    using moments = temporaryDirectory();
    const taken = photographed(directory.path, moments.path, () => rotate(directory.path));
    const sealedWith = new Set<string>();
    for (const moment of taken) {
      expect(await secretsIn(moment)).toEqual(SECRETS);
      expect(readdirSync(moment)).not.toContain("secret.key.next");
      sealedWith.add(sealingKeyId(keyIn(moment, "secret.key")));
    }
    expect(sealedWith.size).toBe(2);
  });

  test("is in the audit log as soon as the new key is needed, and not before", async () => {
    using directory = await sealedDirectory();
    using moments = temporaryDirectory();
    const before = sealingKeyId(keyIn(directory.path, "secret.key"));
    for (const moment of photographed(directory.path, moments.path, () => rotate(directory.path))) {
      await using store = Object.assign(await opened(moment), { [Symbol.asyncDispose]: () => store.close() });
      const { rows } = await store.listAudit(null, { action: "secret_key.rotated" }, { limit: 9, before: null });
      const isRotated = sealingKeyId(keyIn(moment, "secret.key")) !== before;
      expect(rows.map(({ by }) => by.kind)).toEqual(isRotated ? ["command"] : []);
    }
  });

  test("that is cut off is taken up by the next rotation as well", async () => {
    using directory = await sealedDirectory();
    using moments = temporaryDirectory();
    for (const moment of photographed(directory.path, moments.path, () => rotate(directory.path))) {
      expect(rotate(moment).exitCode).toBe(EXIT.ok);
      expect(await secretsIn(moment)).toEqual(SECRETS);
    }
  });

  test("in which one value cannot be opened changes nothing at all", async () => {
    using directory = await sealedDirectory();
    const { path: dataDir } = directory;
    const key = keyIn(dataDir, "secret.key");
    const isHeaderMoved = "UPDATE webhooks SET headers = (SELECT headers FROM webhooks WHERE seq = 1) WHERE seq = 3";
    changed(dataDir, isHeaderMoved);
    const rows = sealedRows(dataDir);
    const { exitCode, error } = rotate(dataDir);
    expect(exitCode).toBe(EXIT.failed);
    expect(error).toMatch(/^[^\n]+\.\n$/);
    expect(sealedRows(dataDir)).toEqual(rows);
    await (await opened(dataDir)).close();
    expect(keyNames(dataDir)).toEqual(["secret.key", expect.stringMatching(/^secret\.key\.[0-9a-f]{8}$/)]);
    expect(keyIn(dataDir, "secret.key")).toEqual(key);
  });

  test("is refused where a server runs, and where there is no database, of which it makes none", async () => {
    using directory = await sealedDirectory();
    const store = await opened(directory.path);
    expect(rotate(directory.path)).toMatchObject({
      exitCode: EXIT.failed,
      error: expect.stringMatching(/^Another Posthorn [^\n]+\.\n$/),
    });
    rmSync(join(directory.path, "posthorn.lock"));
    const withoutLock = { exitCode: EXIT.failed, error: expect.stringMatching(/^posthorn\.lock is gone[^\n]+\.\n$/) };
    for (let n = 0; n < 2; n++) expect(rotate(directory.path)).toMatchObject(withoutLock);
    await store.close();
    const missing = join(directory.path, "elsewhere");
    expect(rotate(missing)).toMatchObject({
      exitCode: EXIT.failed,
      error: expect.stringMatching(/^There is no database in [^\n]+\.\n$/),
    });
    expect(existsSync(missing)).toBe(false);
  });
});

describe("a rotation of keys that the operator keeps", () => {
  test("writes nothing but the database, and says to set the new one", async () => {
    using directory = await sealedDirectory(OLD);
    const { path: dataDir } = directory;
    const { exitCode, out } = rotate(dataDir, { secretKey: OLD, newSecretKey: NEW });
    expect(exitCode).toBe(EXIT.ok);
    expect(out).toContain("Set POSTHORN_SECRET_KEY to it now");
    expect(readdirSync(dataDir).sort()).toEqual(["posthorn.db", "posthorn.lock"]);
    expect(await secretsIn(dataDir, NEW)).toEqual(SECRETS);
    expect(opened(dataDir, OLD)).rejects.toThrow("sealed with another key");
    expect(`${out}${JSON.stringify(readdirSync(dataDir))}`).not.toContain(NEW.reveal());
  });

  test("does no harm when it is repeated, as after one that was cut off", async () => {
    using directory = await sealedDirectory(OLD);
    for (let times = 0; times < 2; times++) {
      expect(rotate(directory.path, { secretKey: OLD, newSecretKey: NEW }).exitCode).toBe(EXIT.ok);
    }
    expect(await secretsIn(directory.path, NEW)).toEqual(SECRETS);
  });

  test("wants the new one to be given", async () => {
    using directory = await sealedDirectory(OLD);
    const { exitCode, error } = rotate(directory.path, { secretKey: OLD });
    expect([exitCode, error]).toEqual([EXIT.usage, expect.stringContaining("POSTHORN_NEW_SECRET_KEY")]);
    expect(await secretsIn(directory.path, OLD)).toEqual(SECRETS);
  });

  test("changes nothing with a wrong key", async () => {
    using directory = await sealedDirectory(OLD);
    const rows = sealedRows(directory.path);
    const wrong = new Secret("0c".repeat(32));
    const { exitCode, error } = rotate(directory.path, { secretKey: wrong, newSecretKey: NEW });
    expect([exitCode, error]).toEqual([EXIT.failed, expect.stringMatching(/sealed with another key[^\n]+\.\n$/)]);
    expect(sealedRows(directory.path)).toEqual(rows);
  });

  test("takes the place of a key in a file", async () => {
    using directory = await sealedDirectory();
    expect(rotate(directory.path, { newSecretKey: NEW }).exitCode).toBe(EXIT.ok);
    expect(await secretsIn(directory.path, NEW)).toEqual(SECRETS);
    expect(opened(directory.path)).rejects.toThrow(`the id ${sealingKeyId(bytesOf(NEW))}`);
  });
});

/** Webhooks with a secret and a header, of which one is deleted, and some changed their secret before. */
async function sealedDirectory(configured: Secret | null = null): Promise<ReturnType<typeof temporaryDirectory>> {
  const directory = temporaryDirectory();
  const store = await opened(directory.path, configured);
  const scene = new Scene(store);
  for (const secret of SECRETS) await scene.webhook({ secret, headers: HEADERS });
  await store.close();
  changed(directory.path, "UPDATE webhooks SET active = 0, deleted_at = 1 WHERE seq = 1");
  // What was there once lies in the free part of a page for long.
  changed(directory.path, "UPDATE webhooks SET description = printf('%.500c', 'x') WHERE seq = 2");
  return directory;
}

/** As a start does: with the key files, or with the key that is set. */
function opened(dataDir: string, configured: Secret | null = null): Promise<Store> {
  const directory = DataDir.open(dataDir);
  const secretKey = (sealedWith: string | null) => directory.secretKey(sealedWith, configured, createSeededRandom(3));
  return openStore({ ...storeOptions({ dataDir }), secretKey });
}

async function secretsIn(dataDir: string, configured: Secret | null = null): Promise<readonly string[]> {
  const store = await opened(dataDir, configured);
  const ids = webhookIds(dataDir);
  const webhooks = await Promise.all(ids.map((id) => store.findWebhook(TENANT, id, { deletedToo: true })));
  await store.close();
  for (const webhook of webhooks) expect(webhook?.headers).toEqual(HEADERS);
  return webhooks.map((webhook) => webhook?.secret ?? "none");
}

function rotate(dataDir: string, keys: { readonly secretKey?: Secret; readonly newSecretKey?: Secret } = {}) {
  const console = recordedConsole();
  const exitCode = rotateSecretKey({ dataDir, secretKey: null, newSecretKey: null, ...keys }, console);
  return { exitCode, ...console.written };
}

function changed(dataDir: string, statement: string): void {
  using db = new Database(join(dataDir, "posthorn.db"));
  db.run(statement);
}

interface SealedRow {
  readonly id: Uint8Array;
  readonly secrets: string;
  readonly headers: string;
}

function sealedRows(dataDir: string): readonly SealedRow[] {
  using db = new Database(join(dataDir, "posthorn.db"));
  return db.query<SealedRow, []>("SELECT id, secrets, headers FROM webhooks ORDER BY seq").all();
}

function webhookIds(dataDir: string): readonly string[] {
  return sealedRows(dataDir).map(({ id }) => formatId("webhook", id));
}

function keyNames(dataDir: string): readonly string[] {
  return readdirSync(dataDir)
    .filter((name) => name.startsWith("secret.key"))
    .sort();
}

function keyIn(dataDir: string, name: string): Uint8Array {
  const key = parseSealingKey(readFileSync(join(dataDir, name), "utf8").trim());
  if (key === null) throw new Error(`${name} holds no key`);
  return key;
}

function bytesOf(secret: Secret): Uint8Array {
  return Uint8Array.fromHex(secret.reveal());
}

/** How many values that this key sealed lie in the database's files, be it in a free part. */
function traces(dataDir: string, key: Uint8Array): number {
  const files = readdirSync(dataDir).filter((name) => name.startsWith("posthorn.db"));
  const text = files.map((name) => readFileSync(join(dataDir, name), "latin1")).join();
  return text.split(`v1.${sealingKeyId(key)}.`).length - 1;
}

/**
 * Copies of the data directory, each as kill -9 at that moment would leave it: around every statement and every step with the
 * key files. The index of the log is left out, as SQLite makes it anew.
 */
function photographed(dataDir: string, into: string, run: () => void): readonly string[] {
  const copies = new Map<string, string>();
  const take = () => {
    const state = stateOf(dataDir);
    if (copies.has(state)) return;
    const copy = join(into, String(copies.size));
    cpSync(dataDir, copy, { recursive: true, filter: isLasting });
    copies.set(state, copy);
  };
  using watches = new DisposableStack();
  watches.defer(watched(Database.prototype, "run", take));
  watches.defer(watched(Database.prototype, "query", take));
  watches.defer(watched(KeyFiles.prototype, "prepare", take));
  watches.defer(watched(KeyFiles.prototype, "settle", take));
  run();
  return [...copies.values()];
}

function stateOf(dataDir: string): string {
  const names = readdirSync(dataDir).filter(isLasting).sort();
  return names.map((name) => `${name} ${Bun.hash(readFileSync(join(dataDir, name)))}`).join();
}

function isLasting(path: string): boolean {
  return !path.endsWith("-shm");
}

/** Sees before and after each call of a method, until it is called off. */
function watched<Method extends PropertyKey>(
  owner: Record<Method, (...parameters: never[]) => unknown>,
  method: Method,
  see: () => void,
): () => void {
  const original = owner[method];
  owner[method] = new Proxy(original, {
    apply(call, self, parameters) {
      see();
      const result: unknown = Reflect.apply(call, self, parameters);
      see();
      return result;
    },
  });
  return () => {
    owner[method] = original;
  };
}
