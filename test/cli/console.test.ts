import { describe, expect, test } from "bun:test";
import { processConsole } from "../../src/cli/console.ts";
import {
  OUTPUT_GATHERED_MAX_CHARACTERS,
  OUTPUT_GATHERED_MS,
  UNREAD_OUTPUT_MAX_CHARACTERS,
} from "../../src/cli/output-limits.ts";
import { createFakeClock } from "../support/fake-clock.ts";

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

  function open() {
    const [stdout, stderr] = [stream(), stream()];
    const clock = createFakeClock();
    const console = processConsole({ stdout: stdout.stream, stderr: stderr.stream, after: clock.after });
    return { stdout, stderr, clock, console };
  }

  test("drops lines that nobody reads rather than keeping them, and tells how many", () => {
    const { stdout, stderr, console } = open();
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

  test("writes the lines of a few milliseconds together, in order, and none twice", async () => {
    const { stdout, clock, console } = open();
    console.out("one\n");
    console.out("two\n");
    expect(stdout.texts).toEqual([]);
    await clock.advance(OUTPUT_GATHERED_MS);
    console.flush();
    expect(stdout.texts).toEqual(["one\ntwo\n"]);
    console.out("three\n");
    await clock.advance(OUTPUT_GATHERED_MS);
    expect(stdout.texts).toEqual(["one\ntwo\n", "three\n"]);
  });

  test("waits for no time when there is much to write", () => {
    const { stdout, clock, console } = open();
    const much = "x".repeat(OUTPUT_GATHERED_MAX_CHARACTERS);
    console.out("one\n");
    console.out(much);
    expect(stdout.texts).toEqual([`one\n${much}`]);
    expect(clock.pending).toBe(0);
  });

  test("writes at once what is there when the process has to end", () => {
    const { stdout, console } = open();
    console.out("the last words\n");
    console.flush();
    expect(stdout.texts).toEqual(["the last words\n"]);
  });
});
