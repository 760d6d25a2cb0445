import { expect, test } from "bun:test";
import { type Answer, answerJson } from "../../src/http/answer.ts";
import { LongAnswers } from "../../src/http/long-answers.ts";
import { ANSWER_PIECE_BYTES, ANSWERS_UNREAD_MAX_BYTES } from "../../src/limits.ts";

const LONG_BYTES = ANSWERS_UNREAD_MAX_BYTES / 8;
const LONG = answerJson(`${"é".repeat(LONG_BYTES / 2 - 1)}xx`, { headers: { "X-A": "b" } });
const TOO_MANY = expect.objectContaining({ code: "too_many_reads", headers: { "Retry-After": "1" } });

function responseOf({ content, status, headers }: Answer): Response {
  return new Response(content, { status, headers });
}

test("a short answer stays as it is, and a long one is the same to the byte", async () => {
  const answers = new LongAnswers();
  const short = answerJson("x".repeat(ANSWER_PIECE_BYTES));
  expect(answers.counted("one", short)).toBe(short);
  for (const length of [ANSWER_PIECE_BYTES + 1, 2 * ANSWER_PIECE_BYTES, 3 * ANSWER_PIECE_BYTES - 1]) {
    const text = "0123456789".repeat(length).slice(0, length);
    expect(await responseOf(answers.counted("one", answerJson(text))).text()).toBe(text);
  }
  const long = answers.counted("one", LONG);
  expect([long.status, long.headers]).toEqual([200, LONG.headers]);
  expect(await responseOf(long).text()).toBe(String(LONG.content));
});

test("what a tenant's clients leave unread is bounded, and that of another tenant is not refused for it", () => {
  const answers = new LongAnswers();
  for (let unread = 0; unread < 4; unread++) answers.counted("one", LONG);
  expect(() => answers.counted("one", LONG)).toThrow(TOO_MANY);
  for (let unread = 0; unread < 2; unread++) answers.counted("other", LONG);
  expect(() => answers.counted("other", LONG)).toThrow(TOO_MANY);
  answers.counted(null, LONG);
});

test("an answer counts until it has been read, or until its reader has gone", async () => {
  const answers = new LongAnswers();
  for (let round = 0; round < 3; round++) {
    const [read, left, begun, last] = Array.from({ length: 4 }, () => responseOf(answers.counted("one", LONG)));
    expect(() => answers.counted("one", LONG)).toThrow(TOO_MANY);
    await read?.text();
    await left?.body?.cancel();
    const reader = begun?.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await last?.body?.cancel();
    await last?.body?.cancel();
  }
});
