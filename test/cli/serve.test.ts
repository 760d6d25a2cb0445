import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startPosthorn } from "../support/posthorn-process.ts";

const DIRECTORY = mkdtempSync(join(tmpdir(), "posthorn-serve-"));
afterAll(() => rmSync(DIRECTORY, { recursive: true }));

function serve(name: string, env: Readonly<Record<string, string>> = {}) {
  return startPosthorn(["serve", "--port=0", "--data-dir", join(DIRECTORY, name)], env);
}

describe("a start", () => {
  test("tells where it listens, which version, and where everything lies", async () => {
    await using posthorn = serve("told");
    const { url, version, data_dir } = await posthorn.logged("Posthorn is listening");
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(data_dir).toBe(join(DIRECTORY, "told"));
  });

  test("leaves the first admin key in a file of its owner's, and only the path in the log", async () => {
    const path = join(DIRECTORY, "keyed", "admin.key");
    await using posthorn = serve("keyed");
    const line = await posthorn.logged("Posthorn is listening");
    const key = readFileSync(path, "utf8").trim();
    expect(line["admin_key_file"]).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    posthorn.signal("SIGTERM");
    const { out, error } = await posthorn.ended;
    expect(key).toMatch(/^posthorn_\w{49}$/);
    expect(out + error).not.toContain(key);
  });

  test("makes no key where one is set", async () => {
    await using posthorn = serve("set", { POSTHORN_ADMIN_KEY: "k".repeat(32) });
    expect(await posthorn.logged("Posthorn is listening")).toMatchObject({ admin_key_file: null });
    expect(existsSync(join(DIRECTORY, "set", "admin.key"))).toBe(false);
  });

  test("makes one as soon as nobody else could, and not again", async () => {
    const path = join(DIRECTORY, "unset", "admin.key");
    const madeWith = async (env: Readonly<Record<string, string>>) => {
      await using posthorn = serve("unset", env);
      const { url } = await posthorn.logged("Posthorn is listening");
      const key = env["POSTHORN_ADMIN_KEY"] ?? readFileSync(path, "utf8").trim();
      const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
      const body = JSON.stringify({ name: "app", scope: "publish" });
      expect((await fetch(`${url}/api/keys`, { method: "POST", headers, body })).status).toBe(201);
      return key;
    };
    await madeWith({ POSTHORN_ADMIN_KEY: "k".repeat(32) });
    const made = await madeWith({});
    expect(await madeWith({})).toBe(made);
  });

  test("warns of names that are not settings, and goes on", async () => {
    await using posthorn = serve("warned", { POSTHORN_PROT: "1" });
    await posthorn.logged("POSTHORN_PROT is not a setting. Did you mean POSTHORN_PORT?");
    await posthorn.logged("Posthorn is listening");
  });
});

describe("a stop", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("by %s is graceful and ends with 0", async (signal) => {
    await using posthorn = serve("stopped");
    await posthorn.logged("Posthorn is listening");
    posthorn.signal(signal);
    expect(await posthorn.logged("Posthorn is stopping")).toMatchObject({ signal });
    await posthorn.logged("Posthorn has stopped");
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
  });

  test("is not what SIGHUP, SIGUSR1 and SIGUSR2 ask for where there is no terminal", async () => {
    await using posthorn = serve("undisturbed");
    const { url } = await posthorn.logged("Posthorn is listening");
    for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) posthorn.signal(signal);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    posthorn.signal("SIGTERM");
    expect(await posthorn.ended).toMatchObject({ exitCode: 0, error: "" });
  });
});

describe("a start that cannot be", () => {
  /** One sentence, one line, no stack. */
  const sentence = (about: RegExp) => ({ exitCode: 1, out: "", error: expect.stringMatching(about) });

  test("on a directory that another process serves", async () => {
    await using first = serve("shared");
    await first.logged("Posthorn is listening");
    await using second = serve("shared");
    expect(await second.ended).toEqual(sentence(/^[^\n]*shared[^\n]*\.\n$/));
  });

  test("on a port that is taken", async () => {
    await using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    await using posthorn = startPosthorn(["serve", `--port=${other.port}`, `--data-dir=${join(DIRECTORY, "taken")}`]);
    expect(await posthorn.ended).toEqual(sentence(/^Port \d+ on 127\.0\.0\.1 is taken: [^\n]*\.\n$/));
  });

  test("on a directory that cannot be made", async () => {
    writeFileSync(join(DIRECTORY, "file"), "");
    await using posthorn = serve("file/data");
    expect(await posthorn.ended).toEqual(sentence(/^The data directory [^\n]* cannot be written: [^\n]*\.\n$/));
  });

  test("with bad settings is 2", async () => {
    await using posthorn = serve("refused", { POSTHORN_TIMEOUT: "x", POSTHORN_RETENTION: "y" });
    expect(await posthorn.ended).toMatchObject({ exitCode: 2, out: "" });
  });
});
