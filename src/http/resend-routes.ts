import { newId } from "../domain/ids.ts";
import { Problem, type ProblemDetail, validationFailed } from "../domain/problem.ts";
import type { Webhook } from "../domain/webhook.ts";
import { RESEND_CHUNK, RESEND_MAX } from "../limits.ts";
import type { ResendRange, Store } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { answer } from "./answer.ts";
import { isStoreError } from "./errors.ts";
import { idIn, notFound, webhookIn } from "./found.ts";
import { INSTANT_FORM, parseInstant } from "./instant.ts";
import { refuseUnlessRoom } from "./intake.ts";
import { RESEND_FAILED, RESEND_ONE } from "./log-documents.ts";
import { logEntryView } from "./log-entry-view.ts";
import { ResendBody } from "./log-schemas.ts";
import type { HttpParts } from "./parts.ts";
import { type Route, route } from "./route.ts";
import { Turns } from "./turns.ts";
import { received } from "./validation.ts";

export interface ResendParts extends Pick<HttpParts, "clock" | "random" | "settings" | "now" | "wake" | "health"> {
  readonly store: Pick<Store, "findWebhook" | "findLogEntry" | "resend" | "resendFailed" | "pending">;
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
      await refuseUnlessRoom(parts);
      const webhook = await webhookIn(params, caller, store);
      const newDelivery = newId("delivery", clock.wall(), random.bytes(10));
      const ready = await store.resend(webhook.key, idIn(params, "delivery_id", "delivery"), newDelivery, now());
      const entry = ready === null ? null : await store.findLogEntry(webhook.key, newDelivery);
      if (ready === null || entry === null) throw notFound("delivery");
      wake([ready]);
      return answer(logEntryView(entry), { status: 202 });
    },
  });
}

function resendFailed(parts: ResendParts): Route {
  const turns = new Turns();
  return route({
    method: "POST",
    path: "/api/webhooks/:id/resend",
    access: "manage",
    body: { schema: ResendBody },
    document: RESEND_FAILED,
    handle: async ({ params, body, caller }) => {
      const webhook = await webhookIn(params, caller, parts.store);
      const span = spanOf(body, parts.clock.wall());
      return answer(await resendSpan(webhook, span, turns, parts), { status: 202 });
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

/**
 * In chunks, each a commit of its own, so that nobody waits long for the writer; and one at a time, all requests together, so that
 * the backlog goes beyond its bound by one at most. What was resent before there was no room any more is told: asked again, it goes
 * on from there.
 */
async function resendSpan(webhook: Webhook, span: Span, turns: Turns, parts: ResendParts) {
  let count = 0;
  let after: number | null = 0;
  try {
    while (after !== null && count < RESEND_MAX) {
      const range: ResendRange = { ...span, limit: Math.min(RESEND_CHUNK, RESEND_MAX - count), after };
      const chunk = await turns.take(() => resendChunk(webhook, range, parts));
      count += chunk.deliveries.length;
      after = chunk.last;
    }
  } catch (error) {
    const isRefused = error instanceof Problem || isStoreError(error);
    if (count === 0 || !isRefused) throw error;
  }
  return { count, complete: after === null };
}

async function resendChunk(webhook: Webhook, range: ResendRange, parts: ResendParts) {
  await refuseUnlessRoom(parts);
  const { store, clock, random, now, wake } = parts;
  const firstId = newId("delivery", clock.wall(), random.bytes(10));
  const chunk = await store.resendFailed(webhook.key, range, firstId, now());
  wake(chunk.deliveries);
  return chunk;
}
