import { expect, test } from "bun:test";
import { startHttpApp } from "../support/http-app.ts";
import { refusedTests } from "./settled.ts";

const HOOK = { url: "https://example.com/hook", events: ["user.*"], active: false };

test("a test answers with its log entry whatever the receiver said, on an inactive webhook too", async () => {
  const asked: string[] = [];
  await using app = await startHttpApp({ sendTest: refusedTests(asked) });
  const path = `/api/webhooks/${(await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id")}/test`;
  const told = await app.call("POST", path);
  expect(told.status).toBe(200);
  expect(told.at("data")).toMatchObject({
    ...{ event_type: "user.registered", status: "failed", status_code: 500, attempts: 1, test: true },
    error: "HTTP 500 Internal Server Error",
  });
  expect(asked).toEqual(["user.registered"]);
});

test.each([
  [{ event_type: "ai.analysis_completed" }, "ai.analysis_completed"],
  [{}, "user.registered"],
])("the test %j sends %s", async (body, type) => {
  const asked: string[] = [];
  await using app = await startHttpApp({ sendTest: refusedTests(asked) });
  const id = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  expect((await app.call("POST", `/api/webhooks/${id}/test`, { body })).at("data.event_type")).toBe(type);
  expect(asked).toEqual([type]);
});

test("a type that the catalogue does not know is a 422, and nothing is sent", async () => {
  const asked: string[] = [];
  await using app = await startHttpApp({ sendTest: refusedTests(asked) });
  const id = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  const told = await app.call("POST", `/api/webhooks/${id}/test`, { body: { event_type: "user.registred" } });
  expect(told.at("error.details")).toEqual([
    {
      path: "/event_type",
      message: 'There is no event type of this name. Did you mean "user.registered"?',
      received: "user.registred",
    },
  ]);
  expect(asked).toEqual([]);
});

test.each([
  ["busy", 429, "too_many_tests", "1"],
  ["stopping", 503, "shutting_down", "5"],
  ["gone", 404, "not_found", null],
] as const)("a sender that is %s is a %d", async (kind, status, code, retryAfter) => {
  await using app = await startHttpApp({ sendTest: () => async () => ({ kind }) });
  const id = (await app.call("POST", "/api/webhooks", { body: HOOK })).textAt("data.id");
  const told = await app.call("POST", `/api/webhooks/${id}/test`);
  expect([told.status, told.at("error.code"), told.headers.get("retry-after")]).toEqual([status, code, retryAfter]);
});
