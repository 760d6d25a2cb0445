import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Binary, LOOPBACK_ALLOWED, nothingPending, runBinary, startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { freePort } from "../support/free-port.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { startProgram } from "../support/program.ts";
import { startReceiver } from "../support/receiver.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

/** The promise is 150 ms; this bound also holds on a machine that is busy with other things. */
const FIRST_RESPONSE_MAX_MS = 450;
const IDLE_MAX_KB = 80 * 1_024;

describe("a first start in an empty directory", () => {
  test("leaves the admin key in a file of its owner's before it answers, and the key opens the API", async () => {
    using place = emptyPlace();
    const port = await freePort();
    await using posthorn = startProgram([await builtBinary(), "serve"], {
      env: { POSTHORN_PORT: String(port) },
      cwd: place.path,
    });
    await firstResponse(port);
    const path = join(place.dataDir, "admin.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path, "utf8").trim();
    const answer = await fetch(`http://127.0.0.1:${port}/api/keys`, { headers: { Authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(await posthorn.logged("Posthorn is listening")).toMatchObject({ admin_key_file: path });
    posthorn.signal("SIGTERM");
    const { exitCode, out, error } = await posthorn.ended;
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
    expect(out).not.toContain(key);
  });

  test("shows the key to a terminal, once", async () => {
    using place = emptyPlace();
    const first = await shownOnTerminal(place);
    const key = readFileSync(join(place.dataDir, "admin.key"), "utf8").trim();
    expect(first).toContain(key);
    const second = await shownOnTerminal(place);
    expect(second).toContain("admin.key");
    expect(second).not.toContain(key);
  });

  test("keeps every file that holds a secret from other users", async () => {
    using place = emptyPlace();
    await using _ = await startBinary(place);
    expect(statSync(place.dataDir).mode & 0o777).toBe(0o700);
    for (const name of ["admin.key", "secret.key"]) {
      expect(statSync(join(place.dataDir, name)).mode & 0o777).toBe(0o600);
    }
  });
});

describe("the binary is quick and small", () => {
  test(`the first response comes within 150 ms of the start (the best of five; a busy machine has ${FIRST_RESPONSE_MAX_MS} ms)`, async () => {
    using place = emptyPlace();
    const times: number[] = [];
    for (let run = 0; run < 5; run++) {
      const port = await freePort();
      const startedAt = performance.now();
      await using _ = startProgram([await builtBinary(), "serve"], {
        env: { POSTHORN_PORT: String(port) },
        cwd: place.path,
      });
      await firstResponse(port);
      times.push(Math.round(performance.now() - startedAt));
    }
    process.stdout.write(`first response after ${times.join(", ")} ms (the first of them made the database)\n`);
    expect(Math.min(...times)).toBeLessThan(FIRST_RESPONSE_MAX_MS);
  });

  test.skipIf(!existsSync("/proc/self/status"))(
    "at most 80 MB are resident when it is idle (needs /proc)",
    async () => {
      using place = emptyPlace();
      await using posthorn = await startBinary(place);
      for (const path of ["/readyz", "/api/webhooks"]) await fetchWithKey(posthorn, path);
      const idleKb = residentKb(posthorn.pid);
      process.stdout.write(`${Math.round(idleKb / 1_024)} MB resident when idle\n`);
      expect(idleKb).toBeLessThanOrEqual(IDLE_MAX_KB);
    },
  );
});

describe("a start that cannot be ends with 1 and one sentence", () => {
  test("when another process serves the data directory, which goes on undisturbed", async () => {
    using place = emptyPlace();
    await using first = await startBinary(place);
    await refused(place, { POSTHORN_PORT: "0" }, "Another Posthorn is using the data directory");
    expect((await first.api("GET", "/api/webhooks")).status).toBe(200);
  });

  test("when the port is taken", async () => {
    using place = emptyPlace();
    await using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    await refused(place, { POSTHORN_PORT: String(other.port) }, `${other.port}`, "is taken");
  });

  test("when the port is taken, and sends nothing of what is pending before it knows", async () => {
    using place = emptyPlace();
    await using receiver = startReceiver([500]);
    const settings = { ...LOOPBACK_ALLOWED, POSTHORN_RETRY_SCHEDULE: "100ms,100ms,100ms,100ms" };
    await using first = await startBinary(place, settings);
    await first.api("POST", "/api/webhooks", { url: receiver.origin, events: ["*"] });
    await first.api("POST", "/api/events", { type: "resume.created", data: {} });
    await receiver.next("the first attempt");
    first.signal("SIGKILL");
    await first.ended;
    const sent = receiver.requests.length;
    await using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    await refused(place, { ...settings, POSTHORN_PORT: String(other.port) }, "is taken");
    expect(receiver.requests).toHaveLength(sent);
    receiver.become([200]);
    await using second = await startBinary(place, settings);
    await nothingPending(second);
    expect(receiver.requests.length).toBeGreaterThan(sent);
  });

  test("when the data directory cannot be made", async () => {
    using place = emptyPlace();
    writeFileSync(join(place.path, "file"), "");
    await refused(place, { POSTHORN_DATA_DIR: join(place.path, "file/data") }, "POSTHORN_DATA_DIR");
  });

  test.skipIf(!existsSync("/proc/self"))("when the data directory cannot be written (needs /proc)", async () => {
    using place = emptyPlace();
    await refused(place, { POSTHORN_DATA_DIR: "/proc/self" }, "POSTHORN_DATA_DIR");
  });

  test("when the database has a newer schema, which stays as it is", async () => {
    using place = emptyPlace();
    await servedOnce(place);
    changeDatabase(place, "PRAGMA user_version = 999");
    await refused(place, { POSTHORN_PORT: "0" }, "newer");
    expect(userVersion(place)).toBe(999);
  });

  test("when the database is another program's", async () => {
    using place = emptyPlace();
    await servedOnce(place);
    changeDatabase(place, "PRAGMA application_id = 1");
    await refused(place, { POSTHORN_PORT: "0" }, "another program");
  });

  test("when the secret key is not the one that sealed the database", async () => {
    using place = emptyPlace();
    await servedOnce(place);
    await refused(place, { POSTHORN_PORT: "0", POSTHORN_SECRET_KEY: "ab".repeat(32) }, "POSTHORN_SECRET_KEY");
  });

  test("when secret.key is missing beside a database, and it starts again when the file is put back", async () => {
    using place = emptyPlace();
    await servedOnce(place);
    const path = join(place.dataDir, "secret.key");
    renameSync(path, `${path}.away`);
    await refused(place, { POSTHORN_PORT: "0" }, path);
    renameSync(`${path}.away`, path);
    await servedOnce(place);
  });
});

async function refused(place: Place, env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const { exitCode, out, error } = await runBinary(["serve"], { place, env });
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
  expect(error).toMatch(/^[^\n]+\.\n$/);
  for (const word of words) expect(error).toContain(word);
}

async function servedOnce(place: Place): Promise<void> {
  await using posthorn = await startBinary(place);
  posthorn.signal("SIGTERM");
  expect((await posthorn.ended).exitCode).toBe(0);
}

function changeDatabase(place: Place, statement: string): void {
  using db = new Database(join(place.dataDir, "posthorn.db"));
  db.run(statement);
}

function userVersion(place: Place): unknown {
  using db = new Database(join(place.dataDir, "posthorn.db"), { readonly: true });
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
}

/** Asks until somebody answers; the test's own limit is the patience. */
async function firstResponse(port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => null);
    if (response?.status === 200) return;
    await Bun.sleep(1);
  }
}

async function fetchWithKey({ url, adminKey }: Binary, path: string): Promise<void> {
  const response = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${adminKey}` } });
  expect(response.status).toBe(200);
  await response.text();
}

function residentKb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb);
}

/** Serves on a pseudo-terminal until the banner stands there, and gives what a person saw. */
async function shownOnTerminal(place: Place): Promise<string> {
  const banner = Promise.withResolvers<void>();
  let shown = "";
  const child = Bun.spawn([await builtBinary(), "serve"], {
    env: { POSTHORN_PORT: "0" },
    cwd: place.path,
    terminal: {
      cols: 200,
      data: (_, bytes) => {
        shown += new TextDecoder().decode(bytes);
        if (/Admin key[\s\S]*\n\r?\n/.test(shown)) banner.resolve();
      },
    },
  });
  try {
    await banner.promise;
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    return shown;
  } finally {
    child.kill("SIGKILL");
  }
}
