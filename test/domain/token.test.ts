import { expect, test } from "bun:test";
import fc from "fast-check";
import { hashToken, newToken, tokenProblem } from "../../src/domain/token.ts";

const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("a token is posthorn_, 43 digits of chance and 6 that check them", () => {
  fc.assert(
    fc.property(random32, (bytes) => {
      const token = newToken(bytes);
      expect(token).toMatch(/^posthorn_[0-9A-Za-z]{49}$/);
      expect(tokenProblem(token)).toBeNull();
    }),
  );
});

test("all of the 256 bits are in it", () => {
  expect(newToken(new Uint8Array(32))).toStartWith(`posthorn_${"0".repeat(43)}`);
  fc.assert(
    fc.property(random32, random32, (one, other) => {
      expect(newToken(one) === newToken(other)).toBe(one.toHex() === other.toHex());
    }),
  );
});

test("one wrong character is noticed without a look-up", () => {
  const token = newToken(new Uint8Array(32).fill(7));
  fc.assert(
    fc.property(fc.integer({ min: 9, max: token.length - 1 }), fc.constantFrom(..."0Zq"), (at, digit) => {
      const typed = token.slice(0, at) + digit + token.slice(at + 1);
      expect(tokenProblem(typed)).toBe(typed === token ? null : "mistyped");
    }),
  );
});

test.each([
  ["", "not_a_token"],
  ["whsec_abc", "not_a_token"],
  ["Posthorn_abc", "not_a_token"],
  ["posthorn_", "mistyped"],
  [newToken(new Uint8Array(32)).slice(0, -1), "mistyped"],
  [`${newToken(new Uint8Array(32))} `, "mistyped"],
] as const)("%p is %s", (text, problem) => {
  expect(tokenProblem(text)).toBe(problem);
});

test("what is stored of a token is its SHA-256", () => {
  expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
