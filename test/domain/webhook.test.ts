import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { covers, maskSecret, secretProblem, subscribes } from "../../src/domain/webhook.ts";

describe("a subscription", () => {
  test.each([
    ["resume.created", "resume.created", true],
    ["resume.created", "resume.updated", false],
    ["resume.created", "resume.created.twice", false],
    ["resume.created", "RESUME.created", false],
    ["resume.*", "resume.created", true],
    ["resume.*", "resume.draft.created", true],
    ["resume.*", "resume", false],
    ["resume.*", "resumes.created", false],
    ["resume.draft.*", "resume.draft.created", true],
    ["resume.draft.*", "resume.created", false],
    ["*", "resume.created", true],
    ["*", "ping", true],
  ])("to %s covers %s: %p", (pattern, eventType, isCovered) => {
    expect(covers(pattern, eventType)).toBe(isCovered);
  });

  test("needs one of several patterns to cover the type", () => {
    expect(subscribes(["user.*", "resume.created"], "resume.created")).toBe(true);
    expect(subscribes(["user.*", "resume.created"], "resume.updated")).toBe(false);
    expect(subscribes([], "resume.created")).toBe(false);
  });
});

describe("a masked secret", () => {
  test.each([
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "****LaSw"],
    ["sixteen letters!", "****ers!"],
    ["fifteen letters", "****"],
    ["x", "****"],
    ["0123456789ab😀😀😀😀", "****😀😀😀😀"],
  ])("of %s is %s", (secret, masked) => {
    expect(maskSecret(secret)).toBe(masked);
  });

  test("shows at most four characters, and is refused when it is sent back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (secret) => {
        expect([...maskSecret(secret)].length).toBeLessThanOrEqual(8);
        expect(secretProblem(maskSecret(secret))).not.toBeNull();
      }),
    );
  });
});

describe("a secret", () => {
  test.each([
    "x",
    "your_webhook_secret",
    "pass phrase with spaces",
    "ключ😀",
    "*****",
    "x".repeat(256),
    "😀".repeat(256),
  ])("may be %p", (secret) => {
    expect(secretProblem(secret)).toBeNull();
  });

  test.each([
    ["", "1 to 256 characters, and this one has 0"],
    ["x".repeat(257), "this one has 257"],
    ["😀".repeat(257), "this one has 257"],
    ["secret\n", "control"],
    ["a\0b", "control"],
    ["a\tb", "control"],
    ["\x7f", "control"],
    ["\x85", "control"],
    ["a\ud800", "surrogate"],
    ["\udc00a", "surrogate"],
    ["****", "how a secret is shown"],
    ["****LaSw", "how a secret is shown"],
  ])("may not be %p", (secret, reason) => {
    expect(secretProblem(secret)).toContain(reason);
  });
});
