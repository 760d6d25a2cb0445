import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { closest, didYouMean } from "../../src/domain/suggestion.ts";

const FIELDS = ["url", "events", "secret", "active", "description", "retry_schedule", "timeout", "headers"];

describe("closest", () => {
  test.each([
    ["event", "events"],
    ["evnets", "events"],
    ["URL", "url"],
    ["uri", "url"],
    ["secrets", "secret"],
    ["activ", "active"],
    ["retrySchedule", "retry_schedule"],
    ["retry-schedule", "retry_schedule"],
    ["time_out", "timeout"],
    ["desciprtion", "description"],
  ])("takes %s for %s", (word, candidate) => {
    expect(closest(word, FIELDS)).toBe(candidate);
  });

  test.each(["", "id", "u", "foo", "tenant", "callback_url", "retry"])("takes %p for none of them", (word) => {
    expect(closest(word, FIELDS)).toBeNull();
  });

  test("prefers the nearer candidate, and the first of two that are equally near", () => {
    expect(closest("resume.create", ["resume.updated", "resume.creates", "resume.created"])).toBe("resume.creates");
    expect(closest("resume.created", ["resume.creates", "resume.created"])).toBe("resume.created");
  });

  test("finds a word with one mistake among words of four characters and more", () => {
    const word = fc.stringMatching(/^[a-z]{4,20}$/);
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom("drop", "double", "replace", "swap"), (right, where, mistake) => {
        const at = where % (right.length - 1);
        const wrong = {
          drop: right.slice(0, at) + right.slice(at + 1),
          double: right.slice(0, at + 1) + right.slice(at),
          replace: `${right.slice(0, at)}_${right.slice(at + 1)}`,
          swap: right.slice(0, at) + right.charAt(at + 1) + right.charAt(at) + right.slice(at + 2),
        }[mistake];
        expect(closest(wrong, ["0".repeat(wrong.length), right])).toBe(right);
      }),
    );
  });

  test("costs nothing for a word of a megabyte", () => {
    const started = performance.now();
    expect(closest("x".repeat(1_048_576), FIELDS)).toBeNull();
    expect(performance.now() - started).toBeLessThan(50);
  });
});

describe("didYouMean", () => {
  test("ends a sentence with the candidate", () => {
    expect(`Unknown field.${didYouMean("ulr", FIELDS)}`).toBe('Unknown field. Did you mean "url"?');
  });

  test("says nothing without one", () => {
    expect(didYouMean("colour", FIELDS)).toBe("");
  });
});
