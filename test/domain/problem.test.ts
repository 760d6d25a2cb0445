import { expect, test } from "bun:test";
import { Problem, problemEnvelope, validationFailed } from "../../src/domain/problem.ts";
import { PROBLEM_CODES, PROBLEMS } from "../../src/domain/problem-codes.ts";

test.each(PROBLEM_CODES.map((code) => [code]))("%s has a status, and says what it means and what to do", (code) => {
  const { status, meaning, hint } = PROBLEMS[code];
  expect(status).toBeWithin(400, 600);
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(meaning).toMatch(/^[A-Z].*\.$/);
  expect(hint).toMatch(/^[A-Z].*\.$/);
});

test("a failure is told in the envelope, with the request's id and without the stack", () => {
  const problem = new Problem("not_found", "There is no webhook of this id.", { hint: "Look again." });
  expect(problemEnvelope(problem, "req_1")).toEqual({
    success: false,
    error: {
      ...{ code: "not_found", message: "There is no webhook of this id.", details: [] },
      ...{ hint: "Look again.", request_id: "req_1" },
    },
  });
});

test.each([
  [["/url"], "1 field needs attention: url."],
  [["/url", "/events/0"], "2 fields need attention: url, events.0."],
  [["/url", "/url"], "1 field needs attention: url."],
  [["?limit"], "1 field needs attention: limit."],
  [["X-Tenant"], "1 field needs attention: X-Tenant."],
  [[""], "1 field needs attention: body."],
] as const)("the fields at %p: %s", (paths, message) => {
  expect(validationFailed(paths.map((path) => ({ path, message: "Must be something else." }))).message).toBe(message);
});
