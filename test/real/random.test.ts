import { expect, test } from "bun:test";
import { createRandom } from "../../src/real/random.ts";

test("bytes come in the length asked for, below, at and above the size of the pool", () => {
  const random = createRandom();
  const lengths = [0, 1, 10, 4_095, 4_096, 4_097, 100_000];
  expect(lengths.map((length) => random.bytes(length).length)).toEqual(lengths);
});

test("no ten bytes come twice, across many refills of the pool", () => {
  const random = createRandom();
  const seen = new Set(Array.from({ length: 20_000 }, () => Buffer.from(random.bytes(10)).toString("hex")));
  expect(seen.size).toBe(20_000);
});

test("bytes that were handed out are never overwritten by later ones", () => {
  const random = createRandom();
  const first = random.bytes(16);
  const copy = [...first];
  for (let round = 0; round < 1_000; round++) random.bytes(16);
  expect([...first]).toEqual(copy);
});

test("units lie in [0, 1) and fill every tenth of it", () => {
  const random = createRandom();
  const units = Array.from({ length: 10_000 }, () => random.unit());
  expect(units.every((unit) => unit >= 0 && unit < 1)).toBe(true);
  expect(new Set(units.map((unit) => Math.floor(unit * 10))).size).toBe(10);
});
