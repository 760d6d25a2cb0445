import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/domain/quantity.ts";

const WHOLE = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(100_000).map((seconds) => seconds * 1_000),
);

describe("a duration", () => {
  test.each([
    ["200ms", 200],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["14d", 1_209_600_000],
    ["0ms", 0],
    ["90s", 90_000],
    ["1500ms", 1_500],
  ])("of %s is %d milliseconds, and is written so", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  });

  test("may be written with a smaller unit than it would be shown with", () => {
    expect(parseDuration("60s")).toBe(60_000);
    expect(formatDuration(60_000)).toBe("1m");
  });

  test("written is read as the same number", () => {
    fc.assert(fc.property(WHOLE, (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)));
  });

  test.each([
    "",
    "30",
    "s",
    "-1s",
    "+1s",
    "1.5s",
    "1e3s",
    "01s",
    "1 s",
    " 1s",
    "1s ",
    "1S",
    "1sec",
    "1w",
    "1y",
    "1m30s",
    "٣s",
    "1s\n",
    "9007199254740991d",
    `${"9".repeat(400)}ms`,
    "1constructor",
    "1KB",
  ])("is not read from %p", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test("has whole milliseconds", () => {
    expect(() => formatDuration(1.5)).toThrow(RangeError);
  });
});

describe("a size", () => {
  test.each([
    ["512B", 512],
    ["1KB", 1_024],
    ["256KB", 262_144],
    ["16MB", 16_777_216],
    ["1536B", 1_536],
    ["0B", 0],
  ])("of %s is %d bytes, and is written so", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
    expect(formatSize(bytes)).toBe(text);
  });

  test("written is read as the same number", () => {
    fc.assert(fc.property(WHOLE, (bytes) => expect(parseSize(formatSize(bytes))).toBe(bytes)));
  });

  test.each(["", "256", "256kb", "256K", "1GB", "1.5MB", "-1B", "0x10B", "9007199254740991MB", "1s"])(
    "is not read from %p",
    (text) => {
      expect(parseSize(text)).toBeNull();
    },
  );
});
