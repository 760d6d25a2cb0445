import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { classify, describe as describeOutcome, isSuccess, type Outcome } from "../../src/domain/attempt.ts";

const NOW = Date.UTC(2026, 0, 1);
const SUCCESSES = [200, 201, 202, 204];

function head(status: number, ...headers: [name: string, value: string][]) {
  return { status, statusText: "", headers };
}

describe("a response head", () => {
  test("is a success for exactly four statuses", () => {
    const successes = Array.from({ length: 1_000 }, (_, status) => status).filter(isSuccess);
    expect(successes).toEqual(SUCCESSES);
  });

  test("with any other status is a failure that bears the status", () => {
    for (let status = 100; status < 1_000; status++) {
      const outcome = classify(head(status), NOW);
      expect(outcome).toMatchObject({ kind: SUCCESSES.includes(status) ? "success" : "status", status });
    }
  });

  test.each([429, 503])("of %d may ask for a wait, in seconds or by a date, in any case of the name", (status) => {
    expect(classify(head(status, ["Retry-After", "120"]), NOW)).toMatchObject({ retryAfterMs: 120_000 });
    expect(classify(head(status, ["x", "1"], ["retry-after", "Thu, 01 Jan 2026 00:01:00 GMT"]), NOW)).toMatchObject({
      retryAfterMs: 60_000,
    });
  });

  test.each([429, 503])("of %d asks for none without a legible Retry-After", (status) => {
    expect(classify(head(status), NOW)).toMatchObject({ retryAfterMs: null });
    expect(classify(head(status, ["Retry-After", "soon"]), NOW)).toMatchObject({ retryAfterMs: null });
    expect(classify(head(status, ["X-Retry-After", "120"]), NOW)).toMatchObject({ retryAfterMs: null });
  });

  test("of any other status asks for no wait", () => {
    for (let status = 300; status < 600; status++) {
      if (status === 429 || status === 503) continue;
      expect(classify(head(status, ["Retry-After", "120"]), NOW)).toMatchObject({ retryAfterMs: null });
    }
  });

  test("of a success stays one, whatever its headers say", () => {
    expect(classify(head(202, ["Retry-After", "120"]), NOW)).toEqual({ kind: "success", status: 202 });
  });
});

describe("the sentence for an outcome", () => {
  const status = (code: number, statusText: string): Outcome => ({
    kind: "status",
    status: code,
    statusText,
    retryAfterMs: null,
  });

  test.each<[string, Outcome]>([
    ["HTTP 500 Internal Server Error", status(500, "Internal Server Error")],
    ["HTTP 302 Found (redirects are not followed)", status(302, "Found")],
    ["HTTP 599", status(599, "")],
    ["HTTP 418 I'm a teap t", status(418, "I'm a t\u0000e\u001bapö t\r\n")],
    ["Connection timeout: no response within 30 s", { kind: "timeout", afterMs: 30_000 }],
    ["Connection timeout: no response within 1.5 s", { kind: "timeout", afterMs: 1_500 }],
    [
      "Connection refused: nothing listens at the receiver's address",
      { kind: "unreachable", failure: "connect_refused" },
    ],
    ["Name not resolved: the host name has no address now", { kind: "unresolved" }],
    ['URL blocked: metadata (see "Sending safely" in the README)', { kind: "blocked", rule: "metadata" }],
  ])("is %p", (sentence, outcome) => {
    expect(describeOutcome(outcome)).toBe(sentence);
  });

  test("is none for a success", () => {
    expect(describeOutcome({ kind: "success", status: 200 })).toBeNull();
  });

  test("begins differently for each way of being unreachable", () => {
    const failures = [
      "connect_refused",
      "connect_timeout",
      "connect_failed",
      "tls_failed",
      "certificate_untrusted",
      "certificate_expired",
      "certificate_mismatch",
      "connection_reset",
      "malformed_response",
      "head_too_long",
    ] as const;
    const sentences = failures.map((failure) => describeOutcome({ kind: "unreachable", failure }));
    expect(new Set(sentences).size).toBe(failures.length);
    expect(sentences).not.toContain(null);
  });

  test("is one short line of ASCII, whatever reason a receiver gives", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (reason) => {
        expect(describeOutcome(status(500, reason))).toMatch(/^HTTP 500( [ -~]{0,100})?$/);
      }),
    );
  });
});
