import { describe, expect, test } from "bun:test";
import { processConsole } from "../../src/cli/console.ts";
import { UNREAD_OUTPUT_MAX_CHARACTERS } from "../../src/limits.ts";

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
    console.flush();
    console.out("lost\n");
    console.out("lost too\n");
    stdout.read();
    console.out("kept\n");
    console.flush();
    expect(stdout.texts.slice(1)).toEqual(["kept\n"]);
    expect(stderr.texts).toEqual(["2 lines of output are lost: nobody read them in time.\n"]);
  });

  test("writes the lines of one turn together, in order, and none twice", async () => {
    const stdout = stream();
    const console = processConsole({ stdout: stdout.stream, stderr: stream().stream });
    console.out("one\n");
    console.out("two\n");
    expect(stdout.texts).toEqual([]);
    await Promise.resolve();
    console.flush();
    expect(stdout.texts).toEqual(["one\ntwo\n"]);
  });

  test("writes at once what is there when the process has to end", () => {
    const stdout = stream();
    const console = processConsole({ stdout: stdout.stream, stderr: stream().stream });
    console.out("the last words\n");
    console.flush();
    expect(stdout.texts).toEqual(["the last words\n"]);
  });
});
