import { expect, test } from "bun:test";
import { newToken } from "../../src/domain/token.ts";
import { maskTokens, mayHoldToken } from "../../src/domain/token-mask.ts";

const KEY = newToken(new Uint8Array(32).fill(7));
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/MfKQ9r8GKY=";

const PLACES: readonly (readonly [text: string, masked: string])[] = [
  [KEY, "posthorn_***"],
  [`Bearer ${KEY}`, "Bearer posthorn_***"],
  [KEY.slice(0, 30), "posthorn_***"],
  [`/api/webhooks/%20${KEY}?a=1`, "/api/webhooks/%20posthorn_***?a=1"],
  [`"${SECRET}"`, '"whsec_***"'],
  [`?secret=${encodeURIComponent(SECRET)}&b=2`, "?secret=whsec_***&b=2"],
  [`${SECRET} and ${KEY}`, "whsec_*** and posthorn_***"],
];

test.each(PLACES)("%s is shown as %s", (text, masked) => {
  expect(mayHoldToken(text)).toBe(true);
  expect(maskTokens(text)).toBe(masked);
});

test.each([
  "keys begin with posthorn_.",
  "webhook_01JGBK3S5P8Q0000000000000A",
  "key_01JGBK3S5P8Q0000000000000A",
  "posthorn.db",
])("%s is shown as it is", (text) => expect(maskTokens(text)).toBe(text));
