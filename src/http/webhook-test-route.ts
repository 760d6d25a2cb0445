import { type Catalogue, firstSubscribed } from "../domain/event-types.ts";
import { Problem, validationFailed } from "../domain/problem.ts";
import type { Webhook } from "../domain/webhook.ts";
import { TEST_ANSWER_SECONDS, TESTS_PER_TENANT_MAX } from "../limits.ts";
import type { Store } from "../store/contract.ts";
import { answer } from "./answer.ts";
import { shuttingDown } from "./errors.ts";
import { typeProblems } from "./event-type-check.ts";
import { notFound, webhookIn } from "./found.ts";
import { refuseUnlessTaken } from "./intake.ts";
import { logEntryView } from "./log-entry-view.ts";
import type { HttpParts, TestSending } from "./parts.ts";
import { type Route, route } from "./route.ts";
import { TEST_WEBHOOK } from "./webhook-documents.ts";
import { TestBody } from "./webhook-schemas.ts";

export interface TestParts extends Pick<HttpParts, "settings" | "sendTest" | "health"> {
  readonly store: Pick<Store, "findWebhook" | "findLogEntry">;
}

/** Sends a sample and answers with what became of it. */
export function webhookTestRoute(parts: TestParts): Route {
  const { store, settings, sendTest } = parts;
  return route({
    method: "POST",
    path: "/api/webhooks/:id/test",
    access: "manage",
    body: { schema: TestBody, isOptional: true },
    answerSeconds: TEST_ANSWER_SECONDS,
    document: TEST_WEBHOOK,
    handle: async ({ params, body, caller }) => {
      refuseUnlessTaken(parts);
      const webhook = await webhookIn(params, caller, store);
      const deliveryId = sentId(await sendTest(webhook, typeOf(body.event_type, webhook, settings.catalogue)));
      const entry = await store.findLogEntry(webhook.key, deliveryId);
      // Deleted and pruned while the test was under way.
      if (entry === null) throw notFound("webhook");
      return answer(logEntryView(entry));
    },
  });
}

/** @throws Problem 422 */
function typeOf(given: string | undefined, { events }: Webhook, catalogue: Catalogue): string {
  if (given === undefined) return firstSubscribed(catalogue, events);
  const problems = typeProblems("/event_type", given, catalogue);
  if (problems.length > 0) throw validationFailed(problems);
  return given;
}

/** @throws Problem 404, 429 or 503 */
function sentId(sending: TestSending): string {
  switch (sending.kind) {
    case "sent":
      return sending.deliveryId;
    case "busy":
      throw new Problem("too_many_tests", `${TESTS_PER_TENANT_MAX} tests are running, as many as may run at once.`, {
        headers: { "Retry-After": "1" },
      });
    case "stopping":
      throw shuttingDown();
    case "gone":
      throw notFound("webhook");
  }
}
