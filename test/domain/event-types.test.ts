import { describe, expect, test } from "bun:test";
import {
  type Catalogue,
  firstSubscribed,
  isEventTypeName,
  knows,
  SMARTCV_EVENT_TYPES,
  sampleOf,
  subscriptionProblem,
} from "../../src/domain/event-types.ts";
import { subscribes } from "../../src/domain/webhook.ts";

const SMARTCV: Catalogue = SMARTCV_EVENT_TYPES;

describe("SmartCV's catalogue", () => {
  test("has the ten types of the specification, described", () => {
    expect(SMARTCV_EVENT_TYPES.map(({ name, description }) => `${name} | ${description}`)).toEqual([
      "resume.created | Resume created",
      "resume.updated | Resume updated",
      "resume.deleted | Resume deleted",
      "resume.shared | Resume shared",
      "resume.exported | Resume exported",
      "user.registered | User registered",
      "user.subscription_changed | Subscription status changed",
      "user.profile_updated | User profile updated",
      "ai.analysis_completed | AI analysis completed",
      "ai.content_generated | AI content generation completed",
    ]);
  });

  test("has the specification's examples as samples, to the letter", () => {
    expect(JSON.stringify(sampleOf(SMARTCV, "resume.created"))).toBe(
      '{"resume":{"id":"resume_456","title":"Software Engineer Resume","status":"DRAFT","user_id":"user_789","template_id":"template_123","created_at":"2024-12-30T10:00:00Z"}}',
    );
    expect(JSON.stringify(sampleOf(SMARTCV, "ai.analysis_completed"))).toBe(
      '{"analysis":{"resume_id":"resume_456","overall_score":85,"keyword_match_score":78,"format_score":92,"content_score":88,"suggestions_count":5}}',
    );
    expect(JSON.stringify(sampleOf(SMARTCV, "user.subscription_changed"))).toBe(
      '{"user":{"id":"user_789","email":"user@example.com"},"subscription":{"previous_type":"FREE","current_type":"PREMIUM","changed_at":"2024-12-30T10:10:00Z"}}',
    );
  });

  test("has a sample of its own for every type", () => {
    const samples = SMARTCV_EVENT_TYPES.map(({ name }) => JSON.stringify(sampleOf(SMARTCV, name)));
    expect(new Set(samples).size).toBe(10);
    expect(SMARTCV_EVENT_TYPES.every(({ name }) => isEventTypeName(name))).toBe(true);
  });
});

describe("the name of an event type", () => {
  test.each(["resume.created", "ping", "a.b.c.d", "Invoice.PaymentFailed", "order_2-paid", "1", "x".repeat(100)])(
    "may be %s",
    (name) => {
      expect(isEventTypeName(name)).toBe(true);
    },
  );

  test.each(["", ".", "a.", ".a", "a..b", "a b", "a.*", "*", "ä.b", "a/b", "a\n", "x".repeat(101)])(
    "may not be %p",
    (name) => {
      expect(isEventTypeName(name)).toBe(false);
    },
  );
});

describe("an event type", () => {
  test("is known when the catalogue lists it", () => {
    expect(knows(SMARTCV, "resume.created")).toBe(true);
    expect(knows(SMARTCV, "resume.burnt")).toBe(false);
    expect(knows(SMARTCV, "resume.*")).toBe(false);
  });

  test("is known to the catalogue `any` when its name is legal", () => {
    expect(knows("any", "resume.burnt")).toBe(true);
    expect(knows("any", "resume.*")).toBe(false);
  });

  test("without a sample has a general one", () => {
    expect(sampleOf("any", "resume.created")).toEqual({ message: "A test event from Posthorn." });
    expect(sampleOf(SMARTCV, "resume.burnt")).toEqual({ message: "A test event from Posthorn." });
  });
});

describe("a subscription", () => {
  test.each(["resume.created", "resume.*", "ai.*", "*"])("to %s is possible", (pattern) => {
    expect(subscriptionProblem(SMARTCV, pattern)).toBeNull();
    expect(subscriptionProblem("any", pattern)).toBeNull();
  });

  test.each([
    ["resume.creatd", 'No event type matches "resume.creatd". Did you mean "resume.created"?'],
    ["resumes.*", 'No event type matches "resumes.*". Did you mean "resume.*"?'],
    ["resume", 'No event type matches "resume". Did you mean "resume.*"?'],
    ["invoice.paid", 'No event type matches "invoice.paid". GET /api/event-types lists them all.'],
    ["resume.created.*", 'No event type matches "resume.created.*". Did you mean "resume.created"?'],
  ])("to %s, which covers nothing in the catalogue, is not", (pattern, problem) => {
    expect(subscriptionProblem(SMARTCV, pattern)).toBe(problem);
    expect(subscriptionProblem("any", pattern)).toBeNull();
  });

  test.each([
    "",
    "**",
    "*.created",
    "resume*",
    "resume.*.created",
    ".*",
    "resume..*",
    "resume created",
    "x".repeat(101),
  ])("to %p, which is no pattern, is not", (pattern) => {
    for (const catalogue of [SMARTCV, "any"] as const) {
      expect(subscriptionProblem(catalogue, pattern)).toStartWith("Must be an event type");
    }
  });

  test("to something mistyped and illegal has a suggestion too", () => {
    expect(subscriptionProblem(SMARTCV, "resume created")).toEndWith('Did you mean "resume.created"?');
  });
});

describe("the type of a test", () => {
  test.each<[string[], string]>([
    [["user.registered", "resume.created"], "user.registered"],
    [["ai.*", "resume.created"], "ai.analysis_completed"],
    [["*"], "resume.created"],
    [["gone.from_catalogue", "user.*"], "user.registered"],
  ])("for a webhook that subscribes to %p is %s", (patterns, name) => {
    expect(firstSubscribed(SMARTCV, patterns)).toBe(name);
  });

  test.each<[string[], string]>([
    [["order.paid"], "order.paid"],
    [["*", "order.paid"], "order.paid"],
    [["order.*"], "order.test"],
    [["*"], "posthorn.test"],
  ])("where any type is legal, for %p, is %s", (patterns, name) => {
    expect(firstSubscribed("any", patterns)).toBe(name);
    expect(subscribes(patterns, name)).toBe(true);
    expect(knows("any", name)).toBe(true);
  });

  test("is still the subscribed one when the catalogue has lost it", () => {
    expect(firstSubscribed(SMARTCV, ["order.paid"])).toBe("order.paid");
    expect(firstSubscribed(SMARTCV, ["order.*"])).toBe("order.test");
  });
});
