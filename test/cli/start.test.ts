import { describe, expect, test } from "bun:test";
import { banner } from "../../src/cli/banner.ts";
import { processConsole } from "../../src/cli/console.ts";
import { startFailure } from "../../src/cli/start-failure.ts";
import { UNREAD_OUTPUT_MAX_CHARACTERS } from "../../src/limits.ts";
import { StoreOpenError } from "../../src/store/contract.ts";

describe("the banner", () => {
  const facts = { version: "1.2.3", url: "http://127.0.0.1:8787/", dataDir: "/d", adminKeyPath: "/d/admin.key" };

  test("tells the version, both addresses, the directory and the key's file", () => {
    expect(banner({ ...facts, newAdminKey: null })).toBe(`
  Posthorn 1.2.3

  API        http://127.0.0.1:8787
  Docs       http://127.0.0.1:8787/swagger
  Data       /d
  Admin key  /d/admin.key

`);
  });

  test("shows a key that was just made", () => {
    expect(banner({ ...facts, newAdminKey: "posthorn_new" })).toContain("             posthorn_new\n");
  });
});

describe("a start that fails", () => {
  const listen = { host: "127.0.0.1", port: 80 };
  const failure = (code: string) => startFailure(Object.assign(new Error("raw"), { code }), listen);

  test.each([
    ["EADDRINUSE", "Port 80 of 127.0.0.1 is taken: stop the program that listens there, or set POSTHORN_PORT."],
    ["EACCES", "Port 80 of 127.0.0.1 may not be used by this user: set POSTHORN_PORT to one above 1023."],
    [
      "EADDRNOTAVAIL",
      "127.0.0.1 is no address of this machine: set POSTHORN_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses.",
    ],
  ])("with %s is a sentence that names the fix", (code, sentence) => expect(failure(code)).toBe(sentence));

  test("because of the store says what the store says", () => {
    expect(startFailure(new StoreOpenError("It is locked: stop the other one."), listen)).toBe(
      "It is locked: stop the other one.",
    );
  });

  test("for any other reason is a fault of ours, and no sentence", () => {
    expect([failure("EWHATEVER"), startFailure(new Error("x"), listen), startFailure("x", listen)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("the console", () => {
  /** A stream whose reader reads when it is told to. */
  function stream() {
    const pending: (() => void)[] = [];
    const texts: string[] = [];
    const write = (text: string, done?: () => void) => {
      texts.push(text);
      if (done) pending.push(done);
      return true;
    };
    return { texts, read: () => pending.splice(0).forEach((done) => void done()), stream: { write, on: () => {} } };
  }

  test("drops lines that nobody reads rather than keeping them, and tells how many", () => {
    const [stdout, stderr] = [stream(), stream()];
    const console = processConsole({ stdout: stdout.stream, stderr: stderr.stream });
    console.out("x".repeat(UNREAD_OUTPUT_MAX_CHARACTERS + 1));
    console.out("lost\n");
    console.out("lost too\n");
    stdout.read();
    console.out("kept\n");
    expect(stdout.texts.slice(1)).toEqual(["kept\n"]);
    expect(stderr.texts).toEqual(["2 lines of output are lost: nobody read them in time.\n"]);
  });
});
