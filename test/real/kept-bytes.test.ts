import { expect, test } from "bun:test";
import { KeptBytes } from "../../src/real/kept-bytes.ts";

function keep(...pieces: readonly string[]): KeptBytes {
  const kept = new KeptBytes();
  for (const piece of pieces) kept.add(Buffer.from(`<${piece}>`), 1, piece.length + 1);
  return kept;
}

const first = (kept: KeptBytes, maxBytes: number) => new TextDecoder().decode(kept.first(maxBytes));

test("pieces of any length are put together, and given up to a length", () => {
  const long = "x".repeat(5_000);
  const kept = keep("a", "", "bc", long, "d");
  expect(kept.length).toBe(5_004);
  expect(first(kept, 10_000)).toBe(`abc${long}d`);
  expect([first(kept, 2), first(kept, 0), first(keep(), 2)]).toEqual(["ab", "", ""]);
});

test("what is given is a copy, and a thousand small pieces hold on to none of the buffers in which they came", () => {
  const kept = new KeptBytes();
  const buffer = Buffer.alloc(65_536, "x");
  for (let at = 0; at < 1_000; at++) kept.add(buffer, at, at + 1);
  buffer.fill("y");
  expect(first(kept, 2_000)).toBe("x".repeat(1_000));
});
