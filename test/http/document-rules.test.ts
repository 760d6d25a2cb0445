import { expect, test } from "bun:test";
import { EVENT_TYPE_MAX_CHARACTERS, SECRET_MAX_CHARACTERS } from "../../src/limits.ts";
import { operationsOf } from "../support/api-document.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";

const HOOK = { url: "https://example.com/hook", events: ["*"] };
const EVENT = { type: "resume.created", data: {} };
const LATER = "2099-12-31T23:59:59Z";

/** Rules that the document has from elsewhere than the schema that judges: the operation, a body, and whether both take it. */
const BODIES: readonly (readonly [operation: string, body: object, isFine: boolean])[] = [
  ["createWebhook", { ...HOOK, secret: "" }, false],
  ["createWebhook", { ...HOOK, secret: "a" }, true],
  // As many as the bound says, of two UTF-16 code units each.
  ["createWebhook", { ...HOOK, secret: "😀".repeat(SECRET_MAX_CHARACTERS) }, true],
  ["createWebhook", { ...HOOK, secret: "a".repeat(SECRET_MAX_CHARACTERS + 1) }, false],
  ["createWebhook", { ...HOOK, timeout: "1500ms", retry_schedule: ["100ms", "5s", "1m", "2h", "7d"] }, true],
  ["createWebhook", { ...HOOK, timeout: null, retry_schedule: [] }, true],
  ["createWebhook", { ...HOOK, timeout: "30" }, false],
  ["createWebhook", { ...HOOK, timeout: "030s" }, false],
  ["createWebhook", { ...HOOK, timeout: "30S" }, false],
  ["createWebhook", { ...HOOK, retry_schedule: ["1.5m"] }, false],
  ["postEvent", { ...EVENT, type: "resume.deleted" }, true],
  ["postEvent", { ...EVENT, type: "resume." }, false],
  ["postEvent", { ...EVENT, type: "a".repeat(EVENT_TYPE_MAX_CHARACTERS + 1) }, false],
  ["createKey", { name: "A", scope: "read", expires_at: LATER }, true],
  ["createKey", { name: "A", scope: "read", expires_at: null }, true],
  ["createKey", { name: "A", scope: "read", expires_at: "2099-12-31" }, false],
];

test.each(BODIES)("%s and the document agree about %j: %p", async (id, body, isFine) => {
  await using app = await startHttpApp();
  const { method, path, body: described } = await operation(app, id);
  expect([described?.problem(body) ?? null, isFine]).toEqual([isFine ? null : expect.any(String), isFine]);
  const { status } = await app.call(method, path, { body });
  expect(status === 201 || status === 202 ? true : status).toBe(isFine || 422);
});

test.each([
  ["a", true],
  ['"a-1_B"', true],
  ["a".repeat(64), true],
  ["a".repeat(65), false],
  ['"a', false],
  ["a b", false],
])("an Idempotency-Key of %p is what the document says it may be: %p", async (key, isFine) => {
  await using app = await startHttpApp();
  const { method, path, parameters } = await operation(app, "postEvent");
  const header = parameters.find(({ name }) => name === "Idempotency-Key");
  expect(new RegExp(String(header?.schema.pattern)).test(key)).toBe(isFine);
  for (const body of [EVENT, { ...EVENT, id: "own" }]) {
    const { status } = await app.call(method, path, { body, headers: { "Idempotency-Key": key } });
    expect(status).toBe(isFine ? 202 : 422);
  }
});

async function operation(app: HttpApp, id: string) {
  const document = await app.call("GET", "/swagger/json", { key: null });
  const found = operationsOf(document.text).find((one) => one.id === id);
  if (found === undefined) throw new Error(`the document has no operation ${id}`);
  return found;
}
