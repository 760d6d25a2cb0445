import { newId } from "../domain/ids.ts";
import { type ProblemDetail, validationFailed } from "../domain/problem.ts";
import type { Webhook } from "../domain/webhook.ts";
import { RESEND_CHUNK, RESEND_MAX } from "../limits.ts";
import type { Store } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { answer } from "./answer.ts";
import { idIn, notFound, webhookIn } from "./found.ts";
import { INSTANT_FORM, parseInstant } from "./instant.ts";
import { RESEND_FAILED, RESEND_ONE } from "./log-documents.ts";
import { logEntryView } from "./log-entry-view.ts";
import { ResendBody } from "./log-schemas.ts";
import type { HttpParts } from "./parts.ts";
import { type Route, route } from "./route.ts";
import { received } from "./validation.ts";

export interface ResendParts extends Pick<HttpParts, "clock" | "random" | "now" | "wake"> {
  readonly store: Pick<Store, "findWebhook" | "findLog" | "resend" | "resendFailed">;
}

export function resendRoutes(parts: ResendParts): readonly Route[] {
  return [resendOne(parts), resendFailed(parts)];
}

function resendOne(parts: ResendParts): Route {
  const { store, clock, random, now, wake } = parts;
  return route({
    method: "POST",
    path: "/api/webhooks/:id/logs/:delivery_id/resend",
    access: "manage",
    document: RESEND_ONE,
    handle: async ({ params, caller }) => {
      const webhook = await webhookIn(params, caller, store);
      const newDelivery = newId("delivery", clock.wall(), random.bytes(10));
      const ready = await store.resend(webhook.key, idIn(params, "delivery_id", "delivery"), newDelivery, now());
      const detail = ready === null ? null : await store.findLog(webhook.key, newDelivery);
      if (ready === null || detail === null) throw notFound("delivery");
      wake([ready]);
      return answer(logEntryView(detail.entry), { status: 202 });
    },
  });
}

function resendFailed(parts: ResendParts): Route {
  return route({
    method: "POST",
    path: "/api/webhooks/:id/resend",
    access: "manage",
    body: { schema: ResendBody },
    document: RESEND_FAILED,
    handle: async ({ params, body, caller }) => {
      const webhook = await webhookIn(params, caller, parts.store);
      const span = spanOf(body, parts.clock.wall());
      return answer(await resendSpan(webhook, span, parts), { status: 202 });
    },
  });
}

interface Span {
  readonly since: Millis;
  readonly until: Millis;
}

/** @throws Problem 422 */
function spanOf(body: { readonly since: string; readonly until?: string }, now: Millis): Span {
  const since = parseInstant(body.since);
  const until = body.until === undefined ? now : parseInstant(body.until);
  const problems = [
    ...(since === null ? [notInstant("/since", body.since)] : []),
    ...(until === null ? [notInstant("/until", body.until)] : []),
  ];
  if (since === null || until === null) throw validationFailed(problems);
  if (since < until) return { since, until };
  const message = body.until === undefined ? "Must lie in the past." : "Must be earlier than `until`.";
  throw validationFailed([{ path: "/since", message, ...received(body.since) }]);
}

function notInstant(path: string, value: unknown): ProblemDetail {
  return { path, message: `Must be ${INSTANT_FORM}.`, ...received(value) };
}

/** In chunks, each a commit of its own, so that nobody waits long for the writer. */
async function resendSpan(webhook: Webhook, span: Span, { store, clock, random, now, wake }: ResendParts) {
  let count = 0;
  let after: number | null = 0;
  while (after !== null && count < RESEND_MAX) {
    const range = { ...span, limit: Math.min(RESEND_CHUNK, RESEND_MAX - count), after };
    const firstId = newId("delivery", clock.wall(), random.bytes(10));
    const chunk = await store.resendFailed(webhook.key, range, firstId, now());
    wake(chunk.deliveries);
    count += chunk.deliveries.length;
    after = chunk.last;
  }
  return { count, complete: after === null };
}
