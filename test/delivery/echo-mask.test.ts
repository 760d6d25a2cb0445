import { expect, test } from "bun:test";
import fc from "fast-check";
import { EchoMask } from "../../src/delivery/echo-mask.ts";
import { ECHO_MASKED_MIN_CHARACTERS } from "../../src/limits.ts";
import { createLoop, type Loop } from "../support/loop.ts";
import { reply } from "../support/scripted-reply.ts";

const TOKEN = "t0ken-of-the-receiver/1234567890";
const HEADERS = [
  ["Authorization", `Bearer ${TOKEN}`],
  ["X-Name", "Zoë & Söhne GmbH"],
  ["X-Short", "on"],
  ["Accept", "application/json"],
] as const;

test("a value that a receiver shows again, in its status line, headers or body, is neither kept nor logged", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook({ headers: HEADERS });
  const shown = `got authorization: Bearer ${TOKEN}, x-name: Zoë & Söhne GmbH, x-short: on`;
  const headers = [
    ["Content-Type", "application/json"],
    ["X-Echo", `only ${TOKEN}`],
  ] as const;
  loop.world.transport.otherwise(() => reply(500, { statusText: `Bad ${TOKEN}`, headers, body: shown }));
  await loop.post();
  await loop.world.clock.advance(60_000);
  const [entry] = await loop.log(webhook);
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  expect(detail?.attempts).toHaveLength(4);
  for (const { error, response } of detail?.attempts ?? []) {
    expect(error).toBe("HTTP 500 Bad ***");
    expect(response?.headers).toEqual([
      ["Content-Type", "application/json"],
      ["X-Echo", "only ***"],
    ]);
    expect(textOf(response?.body)).toBe("got authorization: ***, x-name: ***, x-short: on");
  }
  expect(everythingOf(loop)).not.toContain(TOKEN);
});

test("what a receiver of a webhook without own headers answers is kept as it came", async () => {
  await using loop = await createLoop();
  const webhook = await loop.webhook();
  const body = new Uint8Array([0, 255, 10, 128]);
  loop.world.transport.otherwise(() => reply(200, { body }));
  await loop.post();
  await loop.world.clock.advance(1_000);
  const [entry] = await loop.log(webhook);
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  expect(detail?.attempts.map(({ response }) => response?.body)).toEqual([body]);
});

test("wherever a body is cut off, nothing longer than a few characters of a value is left at its end", () => {
  const mask = EchoMask.of(HEADERS);
  const whole = Buffer.from(`{"headers":{"authorization":"Bearer ${TOKEN}"}}`);
  for (let length = 0; length <= whole.length; length++) {
    const kept = textOf(mask?.body(whole.subarray(0, length)));
    expect(kept).not.toContain(TOKEN.slice(0, ECHO_MASKED_MIN_CHARACTERS));
    expect(kept.length).toBeLessThanOrEqual(length);
  }
});

test("a value is hidden in JSON and in UTF-8 as well", () => {
  const mask = EchoMask.of([["X-Odd", 'say "ö" \\o/']]);
  for (const form of ['say "ö" \\o/', 'say \\"ö\\" \\\\o/']) {
    for (const encoding of ["latin1", "utf8"] as const) {
      expect(textOf(mask?.body(Buffer.from(`<${form}>`, encoding)))).toBe("<***>");
    }
  }
});

test("what Basic encodes is hidden too, whole and the password alone", () => {
  const pair = "räuber:pass/word:with more";
  const mask = EchoMask.of([["Authorization", `Basic ${Buffer.from(pair).toString("base64")}`]]);
  const shown = [
    "räuber:pass/word:with more",
    "pass/word:with more",
    "pass\\/word:with more",
    "pass%2Fword%3Awith%20more",
  ];
  for (const text of shown) expect(textOf(mask?.body(Buffer.from(`<${text}>`)))).toBe("<***>");
  expect(textOf(mask?.body(Buffer.from("<räuber>")))).toBe("<räuber>");
});

test("a value is hidden as a URL spells it, and where its slashes are escaped", () => {
  const mask = EchoMask.of(HEADERS);
  const shown = [encodeURIComponent(TOKEN), TOKEN.replaceAll("/", "%2f"), TOKEN.replaceAll("/", "\\/")];
  for (const text of shown) expect(textOf(mask?.body(Buffer.from(`<${text}>`)))).toBe("<***>");
});

test("bytes that are no text stay what they are", () => {
  const mask = EchoMask.of(HEADERS);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => expect(mask?.body(bytes)).toEqual(bytes)));
});

test("values that are short, and those that any answer may bear, are no reason to look at all", () => {
  expect(EchoMask.of([])).toBeNull();
  expect(
    EchoMask.of([
      ["X-Short", "on"],
      ["Accept", "application/json"],
    ]),
  ).toBeNull();
});

function textOf(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body);
}

function everythingOf({ lines }: Loop): string {
  expect(lines.length).toBeGreaterThan(0);
  return lines.join("");
}
