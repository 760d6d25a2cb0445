import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthcheck } from "../../src/cli/healthcheck.ts";
import { posthorn } from "../../src/cli/posthorn.ts";
import { recordedConsole } from "../support/recorded-console.ts";

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const console = recordedConsole();
  const exit = () => {
    throw new Error("none of these commands ends the process by itself");
  };
  const exitCode = await posthorn({ args, env, console, exit });
  return { exitCode, ...console.written };
}

test("help goes to standard output and is no failure", async () => {
  const { exitCode, out, error } = await run([]);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  expect(out).toContain("Usage: posthorn");
});

test("the version is one word", async () => {
  const { exitCode, out } = await run(["--version"]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
});

test("a mistake in the command line ends with 2 and the way to the help", async () => {
  expect(await run(["sreve"])).toEqual({
    exitCode: 2,
    out: "",
    error: '"sreve" is not a command. Did you mean "serve"?\n`posthorn --help` tells more.\n',
  });
});

/** Clears the screen, turns the text around, cannot be seen, and ends a line. */
const ODD = "a\x1b[2J\u202e\u200b\nb";
const SHOWN = "a\\u001b[2J\\u202e\\u200b\\u000ab";

test.each([
  [[ODD], `"${SHOWN.replace("u000a", "n")}" is not a command`],
  [["serve", ODD], `"${SHOWN.replace("u000a", "n")}" is one word too many`],
  [["serve", `--${ODD}`], `--${SHOWN} is not a flag`],
  [["backup", "--data-dir=/nothing/here/\u202e", "a.db"], "There is no database at /nothing/here/\\u202e/posthorn.db"],
  [["restore", `/nothing/${ODD}`], `/nothing/${SHOWN} is not there`],
  [["serve", `--log-level=${ODD}`], `It is "${SHOWN.replace("u000a", "n")}"`],
])("%j is told as what it is, on one line", async (args, words) => {
  const { exitCode, out, error } = await run(args);
  expect([exitCode === 0, out]).toEqual([false, ""]);
  expect(error).toContain(words);
  expect(error).toMatch(/^[ -~]+\n(`posthorn --help` tells more\.\n)?$/);
});

test.each(["serve", "config", "healthcheck"])("%s refuses bad settings, all at once, with 2", async (command) => {
  const { exitCode, error } = await run([command, "--timeout", "never"], { POSTHORN_PORT: "x" });
  expect(exitCode).toBe(2);
  expect(error).toContain("POSTHORN_PORT must be");
  expect(error).toContain("--timeout must be");
});

test("a name that is not a setting is told beside a bad setting too", async () => {
  const { exitCode, error } = await run(["serve"], { POSTHORN_PORT: "x", POSTHORN_TIMEUOT: "9s" });
  expect(exitCode).toBe(2);
  expect(error).toMatch(
    /^POSTHORN_PORT must be .*\nPOSTHORN_TIMEUOT is not a setting\. Did you mean POSTHORN_TIMEOUT\?\n/,
  );
});

describe("config", () => {
  test("tells every value and where it came from", async () => {
    const { exitCode, out } = await run(["config", "--port=99"], { POSTHORN_TIMEOUT: "9s" });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^POSTHORN_PORT +99 +--port$/m);
    expect(out).toMatch(/^POSTHORN_TIMEOUT +9s +POSTHORN_TIMEOUT$/m);
    expect(out).toMatch(/^POSTHORN_CONNECT_TIMEOUT +9s +POSTHORN_TIMEOUT$/m);
    expect(out).toMatch(/^POSTHORN_RETENTION +30d +default$/m);
  });

  test("masks secrets, also those from a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), "posthorn-"));
    try {
      const path = join(directory, "key");
      writeFileSync(path, `${"hunter2".repeat(8)}\n`);
      const { out, error } = await run(["config"], {
        POSTHORN_ADMIN_KEY: "hunter3".repeat(8),
        POSTHORN_SECRET_KEY_FILE: path,
      });
      expect(out + error).not.toContain("hunter");
      expect((await run(["config", "--admin-key-file", path])).out).toMatch(
        /^POSTHORN_ADMIN_KEY +\*\*\* +--admin-key-file$/m,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.skipIf(process.platform === "win32")(
    "does not wait for a pipe that nobody writes to (needs mkfifo)",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "posthorn-"));
      try {
        const path = join(directory, "pipe");
        Bun.spawnSync(["mkfifo", path]);
        const { exitCode, error } = await run(["config"], { POSTHORN_ADMIN_KEY_FILE: path });
        expect(exitCode).toBe(2);
        expect(error).toMatch(
          /^POSTHORN_ADMIN_KEY_FILE names a file that cannot be read: [^\n]+ \(it is no regular file\)\.\n/,
        );
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );

  test("warns of a name that is not a setting", async () => {
    const { exitCode, error } = await run(["config"], { POSTHORN_PROT: "1" });
    expect([exitCode, error]).toEqual([0, "POSTHORN_PROT is not a setting. Did you mean POSTHORN_PORT?\n"]);
  });

  test("shows what would not be seen, or turn the line around", async () => {
    const { out } = await run(["config", "--data-dir=/d\u202e\u200e\u2066\u200b"]);
    expect(out).toMatch(/^POSTHORN_DATA_DIR +\/d\\u202e\\u200e\\u2066\\u200b +--data-dir$/m);
  });

  test("keeps a long or many-lined value on one short line", async () => {
    const types = JSON.stringify([{ name: "a.b", description: "x".repeat(500) }], null, 2);
    const { out } = await run(["config"], { POSTHORN_EVENT_TYPES: types });
    expect(out.split("\n").filter((line) => line.length > 140)).toEqual([]);
    expect(out).toMatch(/^POSTHORN_EVENT_TYPES .*…/m);
  });
});

describe("healthcheck", () => {
  async function check(status: number, host = "127.0.0.1") {
    const asked: string[] = [];
    const server = Bun.serve({
      hostname: host,
      port: 0,
      fetch: (request) => {
        asked.push(new URL(request.url).pathname);
        return new Response("", { status });
      },
    });
    const console = recordedConsole();
    try {
      return { exitCode: await healthcheck({ host, port: server.port ?? 0 }, console), asked, ...console.written };
    } finally {
      await server.stop(true);
    }
  }

  test("is 0 when /livez answers 200", async () => {
    expect(await check(200)).toEqual({ exitCode: 0, asked: ["/livez"], out: "", error: "" });
  });

  test("asks a server that listens on every address at the loopback one", async () => {
    expect((await check(200, "0.0.0.0")).exitCode).toBe(0);
  });

  test("is 1 with a sentence for any other status", async () => {
    const { exitCode, error } = await check(503);
    expect([exitCode, error]).toEqual([1, expect.stringMatching(/^Posthorn at http:\S+ answers with status 503\.\n$/)]);
  });

  test("is 1 with a sentence when nobody listens", async () => {
    const gone = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const port = gone.port ?? 0;
    await gone.stop(true);
    const console = recordedConsole();
    expect(await healthcheck({ host: "127.0.0.1", port }, console)).toBe(1);
    expect(console.written.error).toBe(`Posthorn at http://127.0.0.1:${port} does not answer.\n`);
  });

  test("cannot know a port that was left to chance", async () => {
    const { exitCode, error } = await run(["healthcheck", "--port", "0"]);
    expect([exitCode, error]).toEqual([2, expect.stringContaining("set a port")]);
  });
});
