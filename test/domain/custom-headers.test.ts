import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { customHeaderProblem } from "../../src/domain/custom-headers.ts";
import { CUSTOM_HEADERS_MAX, CUSTOM_HEADERS_MAX_BYTES } from "../../src/limits.ts";

const PREFIX = "X-SmartCV-";
const problem = (...headers: [name: string, value: string][]) => customHeaderProblem(headers, PREFIX);

describe("custom headers", () => {
  test("may be any of the usual ones", () => {
    const usual: [string, string][] = [
      ["Authorization", "Bearer abc.def"],
      ["X-Api-Key", "0123 45"],
      ["x-smart", "CV"],
      ["Cookie", "a=b; c=d"],
      ["X-Latin", "Zoë ÿ"],
      ["X-Empty", ""],
      ["!#$%&'*+-.^_`|~09azAZ", "every legal character"],
    ];
    expect(problem(...usual)).toBeNull();
    expect(problem()).toBeNull();
  });

  test.each([
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "Upgrade",
    "TE",
    "Trailer",
    "Keep-Alive",
    "Expect",
    "Content-Type",
    "User-Agent",
    "Proxy-Authorization",
    "Proxy-Connection",
    "proxy-anything",
    "webhook-id",
    "webhook-signature",
    "Webhook-Anything",
    "X-SmartCV-Signature",
    "X-SmartCV-Timestamp",
    "X-SmartCV-Event",
    "X-SmartCV-Delivery",
    "X-SmartCV-Attempt",
    "X-SmartCV-Later",
  ])("may not be %s, in any case", (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(problem([spelling, "x"])).toEqual({ name: spelling, message: expect.stringContaining("reserved") });
    }
  });

  test("may not begin with the configured prefix, and then may begin with the usual one", () => {
    expect(customHeaderProblem([["x-acme-event", "x"]], "X-Acme-")?.name).toBe("x-acme-event");
    expect(customHeaderProblem([["X-SmartCV-Event", "x"]], "X-Acme-")).toBeNull();
  });

  test.each(["", " ", "X Y", "X:", ":authority", "X-Ü", "X\r\nY", "X\0", "(x)", "X,Y", "x/y", "é", "\u212aey"])(
    "may not be named %p",
    (name) => {
      expect(problem([name, "x"])).toEqual({ name, message: expect.stringContaining("name") });
    },
  );

  test.each(["a\nb", "a\rb", "a\0b", "a\tb", "\x7f", "\x85", "\x9f", "Ā", "€", "😀", "\ud800", " a", "a "])(
    "may not have the value %p",
    (value) => {
      expect(problem(["X-A", value])).toEqual({ name: "X-A", message: expect.stringContaining("value") });
    },
  );

  test("never carry a byte that could end their line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, value) => {
        if (problem([name, value]) !== null) return;
        expect(name).toMatch(/^[\x21-\x7e]+$/);
        expect(value).toMatch(/^[\x20-\xff]*$/);
        expect(new Headers([[name, value]]).get(name)).toBe(value);
      }),
    );
  });

  test("may not be given twice, in any case", () => {
    expect(problem(["X-Token", "a"], ["X-Other", "b"], ["x-tOKEN", "c"])).toEqual({
      name: "x-tOKEN",
      message: expect.stringContaining("twice"),
    });
  });

  test("are at most twenty", () => {
    const headers = Array.from({ length: CUSTOM_HEADERS_MAX + 1 }, (_, index): [string, string] => [`X-${index}`, "x"]);
    expect(problem(...headers.slice(1))).toBeNull();
    expect(problem(...headers)).toEqual({ name: null, message: "At most 20 headers are possible, not 21." });
  });

  test("are at most 4 KiB in all", () => {
    const fitting = "ÿ".repeat(CUSTOM_HEADERS_MAX_BYTES - "X-AX-B".length - 1);
    expect(problem(["X-A", "x"], ["X-B", fitting])).toBeNull();
    expect(problem(["X-A", "x"], ["X-B", `${fitting}x`])).toEqual({
      name: null,
      message: "Names and values may be 4096 bytes in all, these are 4097.",
    });
  });
});
