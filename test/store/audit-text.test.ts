import { expect, test } from "bun:test";
import type { AuditChange } from "../../src/domain/audit.ts";
import {
  AUDIT_CHANGES_MAX_BYTES,
  DESCRIPTION_MAX_CHARACTERS,
  RETRY_STEP_MAX_MS,
  RETRY_STEPS_MAX,
  SUBSCRIPTIONS_MAX,
  URL_MAX_CHARACTERS,
} from "../../src/limits.ts";
import { changesText, cutText } from "../../src/store/sqlite/audit-text.ts";

/** As many as a webhook may have, with the longest names there are. */
function types(first: number): readonly string[] {
  return Array.from({ length: SUBSCRIPTIONS_MAX }, (_, number) => `${"x".repeat(90)}.${first + number}`);
}

/** A list with a mark for the rest, a text with one at its end. */
const CUT_LIST = [`${"x".repeat(80)}…`, "… 1 more"];

test("changes are kept as they are where they are not too long in all", () => {
  const changes: readonly AuditChange[] = [
    { field: "url", from: "https://a.example", to: `https://b.example/${"x".repeat(1_800)}` },
    { field: "secret" },
    { field: "events", from: ["a.b"], to: ["a.b", "a.c"] },
  ];
  expect(JSON.parse(changesText(changes))).toEqual([...changes]);
});

test("of lists that are too long it is kept what was removed and what was added, as much as there is room for", () => {
  const kept = types(0).slice(2);
  const [removed, another] = types(0);
  const changes: readonly AuditChange[] = [
    { field: "events", from: [removed ?? "", another ?? "", ...kept], to: [...kept, "added.first", "added.second"] },
    { field: "active", from: true, to: false },
  ];
  expect(JSON.parse(changesText(changes))).toEqual([
    { field: "events", from: CUT_LIST, to: ["added.first", "added.second"], isCut: true },
    { field: "active", from: true, to: false },
  ]);
});

test("of a new list that is too long the beginning is kept", () => {
  const changes: readonly AuditChange[] = [{ field: "events", from: null, to: types(0) }];
  expect(JSON.parse(changesText(changes))).toEqual([
    { field: "events", from: null, to: [CUT_LIST[0], `… ${SUBSCRIPTIONS_MAX - 1} more`], isCut: true },
  ]);
});

test.each(["x", "é", "😀", "\u0001", '"', "\ud800"])("whatever is changed, of %j, takes no more room", (character) => {
  const [url, description] = [URL_MAX_CHARACTERS, DESCRIPTION_MAX_CHARACTERS].map((count) => character.repeat(count));
  const names = (last: string) => Array.from({ length: 20 }, (_, number) => `${character.repeat(200)}${number}${last}`);
  const steps = Array.from({ length: RETRY_STEPS_MAX }, () => RETRY_STEP_MAX_MS);
  const changes: readonly AuditChange[] = [
    { field: "url", from: `a${url}`, to: `b${url}` },
    { field: "events", from: types(0), to: types(SUBSCRIPTIONS_MAX) },
    { field: "secret" },
    { field: "active", from: false, to: true },
    { field: "description", from: `a${description}`, to: `b${description}` },
    { field: "retryScheduleMs", from: steps, to: steps.map((step) => step - 1) },
    { field: "timeoutMs", from: 60_000, to: null },
    { field: "headers", from: names("a"), to: names("b") },
    { field: "disabledReason", from: "gone", to: null },
  ];
  const kept: readonly AuditChange[] = JSON.parse(changesText(changes));
  expect(kept.map(({ field }) => field)).toEqual(changes.map(({ field }) => field));
  expect(Buffer.byteLength(changesText(changes))).toBeLessThanOrEqual(AUDIT_CHANGES_MAX_BYTES);
});

test("a text is cut between characters, never within one", () => {
  expect(cutText("😀😀😀", 12)).toBe("😀😀😀");
  expect(cutText("😀😀😀", 11)).toBe("😀😀…");
});
