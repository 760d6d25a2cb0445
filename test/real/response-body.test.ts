import { describe, expect, test } from "bun:test";
import { BODY_UNREAD_MAX_BYTES, DRAIN_MAX_BYTES } from "../../src/limits.ts";
import { PushedBody } from "../../src/real/pushed-body.ts";
import { readBody } from "../../src/real/response-body.ts";

const never = new AbortController().signal;

/** A body whose connection notes what is asked of it; closing it breaks the body, as a real one does. */
function startBody(declaredBytes: number | null = null) {
  const asked: string[] = [];
  const body: PushedBody = new PushedBody(declaredBytes, {
    pause: () => asked.push("pause"),
    resume: () => asked.push("resume"),
    close: () => {
      asked.push("close");
      body.finish(new Error("closed"));
    },
  });
  const push = (text: string) => body.push(new TextEncoder().encode(text));
  const read = async (maxBytes: number, signal = never) => {
    const { bytes, end } = await readBody(body, maxBytes, signal);
    return [new TextDecoder().decode(bytes), end];
  };
  return { body, asked, push, read };
}

describe("reading a body", () => {
  test("gives all of a body that fits, even exactly, and leaves its connection alone", async () => {
    const { body, asked, push, read } = startBody();
    push("ab");
    push("cd");
    body.finish(null);
    expect(await read(4)).toEqual(["abcd", "complete"]);
    expect(asked).toEqual([]);
  });

  test("cuts a body that is longer, and closes its connection", async () => {
    const { asked, push, read } = startBody();
    push("abc");
    push("def");
    expect(await read(4)).toEqual(["abcd", "cut"]);
    expect(asked).toEqual(["close"]);
  });

  test("keeps the connection of a body that says it is only a little longer", async () => {
    const { body, asked, push, read } = startBody(6);
    push("abc");
    const reading = read(2);
    push("def");
    body.finish(null);
    expect(await reading).toEqual(["ab", "cut"]);
    expect(asked).toEqual([]);
  });

  test("does not believe a receiver that sends more than it said, nor wait for a long one", async () => {
    const liar = startBody(3);
    liar.push("abcd");
    expect(await liar.read(2)).toEqual(["ab", "cut"]);
    const long = startBody(DRAIN_MAX_BYTES + 1);
    long.push("abc");
    expect(await long.read(2)).toEqual(["ab", "cut"]);
    expect([liar.asked, long.asked]).toEqual([["close"], ["close"]]);
  });

  test("keeps what has come when it is told to stop, and calls it slow", async () => {
    const { asked, push, read } = startBody();
    const stop = new AbortController();
    const reading = read(10, stop.signal);
    push("abc");
    stop.abort();
    expect(await reading).toEqual(["abc", "slow"]);
    expect(asked).toEqual(["close"]);
  });

  test("calls a body cut, not slow, when all that is kept had come", async () => {
    const { push, read } = startBody(6);
    const stop = new AbortController();
    const reading = read(2, stop.signal);
    push("abc");
    stop.abort();
    expect(await reading).toEqual(["ab", "cut"]);
  });

  test("does not wait for anything when it was told to stop before it began", async () => {
    const { push, read } = startBody();
    push("abc");
    expect(await read(10, AbortSignal.abort())).toEqual(["abc", "slow"]);
  });

  test("keeps what came before the connection broke", async () => {
    const { body, push, read } = startBody();
    push("abc");
    body.finish(new Error("reset"));
    expect(await read(10)).toEqual(["abc", "broken"]);
  });

  test("keeps nothing of nothing: with a limit of 0 an empty body is complete, another is cut", async () => {
    const empty = startBody();
    empty.body.finish(null);
    expect(await empty.read(0)).toEqual(["", "complete"]);
    const some = startBody();
    some.push("a");
    expect(await some.read(0)).toEqual(["", "cut"]);
  });
});

test("a body that nobody reads makes its receiver wait, until somebody does", async () => {
  const { body, asked } = startBody();
  for (let sent = 0; sent <= BODY_UNREAD_MAX_BYTES; sent += 1_024) body.push(new Uint8Array(1_024));
  expect(asked).toEqual(["pause"]);
  for (let sent = 0; sent <= BODY_UNREAD_MAX_BYTES; sent += 1_024) await body.next();
  expect(asked).toEqual(["pause", "resume"]);
});
