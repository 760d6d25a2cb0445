import { expect, test } from "bun:test";
import { neutral } from "../../src/domain/neutral-text.ts";

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test.each([
  ["control characters", [...span(0x00, 0x1f), ...span(0x7f, 0x9f)]],
  ["line and paragraph separators", [0x2028, 0x2029]],
  ["what turns a text around", [0x061c, 0x200e, 0x200f, ...span(0x202a, 0x202e), ...span(0x2066, 0x2069)]],
  ["what has no width", [0x00ad, 0x034f, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0x3164, 0xfe0f, 0xfeff]],
  ["half a surrogate pair", [0xd800, 0xdfff]],
])("%s stand as escapes that JSON reads as themselves", (_, codes) => {
  for (const code of codes) {
    const text = `a${String.fromCharCode(code)}b`;
    expect(neutral(text)).toBe(`a\\u${code.toString(16).padStart(4, "0")}b`);
    expect(JSON.parse(`"${neutral(text)}"`)).toBe(text);
  }
});

test("a tag beyond the basic plane is a pair of escapes", () => {
  expect(neutral("\u{e0041}")).toBe("\\udb40\\udc41");
});

test.each(["", "plain", 'quotes " and \\', "Zürich, 東京, Ελλάδα, עברית", "😀", "a\u00a0b"])(
  "%j stays as it is",
  (text) => {
    expect(neutral(text)).toBe(text);
  },
);
