import { describe, expect, test } from "bun:test";
import { BODY_UNREAD_MAX_BYTES, DRAIN_MAX_BYTES } from "../../src/limits.ts";
import { IncomingBody } from "../../src/real/incoming-body.ts";
import { alreadyCut, ManualCutoff, neverCut } from "../support/cutoff.ts";

/** A body whose connection notes what is asked of it. */
function startBody(declaredBytes: number | null = null) {
  const asked: string[] = [];
  const body = new IncomingBody(declaredBytes, Number.MAX_SAFE_INTEGER, {
    pause: () => asked.push("pause"),
    resume: () => asked.push("resume"),
    abort: () => asked.push("abort"),
  });
  const push = (text: string) => body.push(new TextEncoder().encode(text), 0, text.length);
  const read = async (maxBytes: number, cutoff = neverCut()) => {
    const { bytes, end } = await body.read(maxBytes, cutoff);
    return [new TextDecoder().decode(bytes), end];
  };
  return { body, asked, push, read };
}

describe("reading a body", () => {
  test("gives all of a body that fits, even exactly, and leaves its connection alone", async () => {
    const { body, asked, push, read } = startBody();
    push("ab");
    push("cd");
    body.finish("complete");
    expect(await read(4)).toEqual(["abcd", "complete"]);
    expect(asked).toEqual([]);
  });

  test("gives what is complete at once, and has copied what it gives", () => {
    const { body } = startBody();
    const buffer = new TextEncoder().encode("abcd");
    body.push(buffer, 0, buffer.length);
    body.finish("complete");
    const read = body.read(2, neverCut());
    buffer.fill(0);
    expect(read).toEqual({ bytes: new TextEncoder().encode("ab"), end: "cut" });
  });

  test("gives a complete body, whoever cuts it off afterwards", async () => {
    const { body, asked, push, read } = startBody();
    push("ab");
    body.finish("complete");
    expect(await read(4, alreadyCut())).toEqual(["ab", "complete"]);
    expect(asked).toEqual([]);
  });

  test("cuts a body that is longer, and ends its connection", async () => {
    const { asked, push, read } = startBody();
    push("abc");
    const reading = read(4);
    push("def");
    push("ghi");
    expect(await reading).toEqual(["abcd", "cut"]);
    expect(asked).toEqual(["abort"]);
  });

  test("keeps the connection of a body that says it is only a little longer", async () => {
    const { body, asked, push, read } = startBody(6);
    push("abc");
    const reading = read(2);
    push("def");
    body.finish("complete");
    expect(await reading).toEqual(["ab", "cut"]);
    expect(asked).toEqual([]);
  });

  test("does not wait for a long rest", async () => {
    const { asked, push, read } = startBody(DRAIN_MAX_BYTES + 1);
    push("abc");
    expect(await read(2)).toEqual(["ab", "cut"]);
    expect(asked).toEqual(["abort"]);
  });

  test("keeps what has come when it is told to stop, and calls it slow", async () => {
    const { asked, push, read } = startBody();
    const stop = new ManualCutoff();
    const reading = read(10, stop);
    push("abc");
    stop.cut();
    expect(await reading).toEqual(["abc", "slow"]);
    expect([asked, stop.onCut]).toEqual([["abort"], null]);
  });

  test("calls a body cut, not slow, when all that is kept had come", async () => {
    const { push, read } = startBody(6);
    const stop = new ManualCutoff();
    const reading = read(2, stop);
    push("abc");
    stop.cut();
    expect(await reading).toEqual(["ab", "cut"]);
  });

  test("does not wait for anything when it was told to stop before it began", async () => {
    const { push, read } = startBody();
    push("abc");
    expect(await read(10, alreadyCut())).toEqual(["abc", "slow"]);
  });

  test("keeps what came before the connection broke", async () => {
    const { body, push, read } = startBody();
    push("abc");
    body.finish("broken");
    expect(await read(10)).toEqual(["abc", "broken"]);
  });

  test("keeps nothing of nothing: with a limit of 0 an empty body is complete, another is cut", async () => {
    const empty = startBody();
    empty.body.finish("complete");
    expect(await empty.read(0)).toEqual(["", "complete"]);
    const some = startBody();
    some.push("a");
    expect(await some.read(0)).toEqual(["", "cut"]);
  });
});

describe("a body that nobody reads makes its receiver wait", () => {
  const more = new Uint8Array(BODY_UNREAD_MAX_BYTES + 1);

  test("until somebody does", async () => {
    const { body, asked } = startBody();
    body.push(more, 0, more.length);
    body.push(more, 0, more.length);
    expect(asked).toEqual(["pause"]);
    void body.read(Number.MAX_SAFE_INTEGER, neverCut());
    body.push(more, 0, more.length);
    expect(asked).toEqual(["pause", "resume"]);
  });

  test("but not a receiver whose next response uses the same connection", () => {
    const { body, asked } = startBody();
    body.push(more, 0, more.length);
    body.finish("complete");
    expect(asked).toEqual(["pause", "resume"]);
  });
});
