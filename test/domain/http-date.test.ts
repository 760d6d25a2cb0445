import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseHttpDate } from "../../src/domain/http-date.ts";

const NOW = Date.UTC(2026, 0, 1);

describe("an HTTP date", () => {
  test.each([
    ["the form in use", "Sun, 06 Nov 1994 08:49:37 GMT"],
    ["RFC 850's", "Sunday, 06-Nov-94 08:49:37 GMT"],
    ["asctime's", "Sun Nov  6 08:49:37 1994"],
  ])("is read in %s, as UTC", (_, text) => {
    expect(parseHttpDate(text, NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  test("is read in all three forms, for any second of a century", () => {
    const pad = (value: number, fill = "0") => String(value).padStart(2, fill);
    const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    const ahead50 = Date.UTC(2076, 0, 1) / 1_000;
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1977, 0, 1) / 1_000, max: ahead50 }), (seconds) => {
        const at = new Date(seconds * 1_000);
        const [, day, month, year, time] = at.toUTCString().split(" ");
        const name = days[at.getUTCDay()] ?? "";
        expect(parseHttpDate(at.toUTCString(), NOW)).toBe(at.getTime());
        expect(parseHttpDate(`${name}, ${day}-${month}-${year?.slice(2)} ${time} GMT`, NOW)).toBe(at.getTime());
        expect(parseHttpDate(`${name.slice(0, 3)} ${month} ${pad(at.getUTCDate(), " ")} ${time} ${year}`, NOW)).toBe(
          at.getTime(),
        );
      }),
    );
  });

  test.each([
    ["94", 2026, 1994],
    ["26", 2026, 2026],
    ["76", 2026, 2076],
    ["77", 2026, 1977],
    ["00", 2099, 2100],
    ["99", 2100, 2099],
  ])("with the year %s is, in %d, one of %d", (digits, nowYear, year) => {
    const at = parseHttpDate(`Monday, 01-Mar-${digits} 00:00:00 GMT`, Date.UTC(nowYear, 5, 1));
    expect(at).toBe(Date.UTC(year, 2, 1));
  });

  test("is read with leap days and leap seconds", () => {
    expect(parseHttpDate("Thu, 29 Feb 2024 00:00:00 GMT", NOW)).toBe(Date.UTC(2024, 1, 29));
    expect(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", NOW)).toBe(Date.UTC(2017, 0, 1));
  });

  test("is read with four digits of a year as they stand", () => {
    expect(parseHttpDate("Sun, 06 Nov 0099 00:00:00 GMT", NOW)).toBe(Date.parse("0099-11-06T00:00:00Z"));
  });

  test.each([
    "",
    "tomorrow",
    "1994-11-06T08:49:37Z",
    "06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Nov 1994 08:49:37 PST",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 31 Feb 2024 08:49:37 GMT",
    "Thu, 29 Feb 2023 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT",
    "Son, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06-Nov-94 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "Sun Nov  6 08:49:37 1994 GMT",
    "Sun Nov 31 08:49:37 1994",
    "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    "Sun 2030",
    "Monday",
  ])("is not %p", (text) => {
    expect(parseHttpDate(text, NOW)).toBeNull();
  });
});
