import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { sign } from "../../src/domain/signature.ts";
import corpus from "../corpora/signatures.json" with { type: "json" };

describe("sign", () => {
  test.each(corpus.smartcv.vectors)("gives $hex", ({ secret, timestamp, body, hex }) => {
    expect(sign(secret, Number(timestamp), body)).toBe(hex);
  });

  test("is what the specification's Node receiver computes, for any secret and body", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.nat(), text, (secret, timestamp, body) => {
        const expected = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
        expect(sign(secret, timestamp, body)).toBe(expected);
      }),
    );
  });

  test("refuses an empty secret", () => {
    expect(() => sign("", 1_735_552_800, "{}")).toThrow(RangeError);
  });
});
