import type { Static } from "@sinclair/typebox";
import { customHeaderProblem } from "../domain/custom-headers.ts";
import { type Catalogue, subscriptionProblem } from "../domain/event-types.ts";
import type { ProblemDetail } from "../domain/problem.ts";
import { parseDuration } from "../domain/quantity.ts";
import { isMasked, secretProblem, type Webhook } from "../domain/webhook.ts";
import { RETRY_STEP_MAX_MS, RETRY_STEP_MIN_MS, TIMEOUT_MAX_MS, TIMEOUT_MIN_MS } from "../limits.ts";
import type { WebhookChanges } from "../store/contract.ts";
import type { Millis } from "../world.ts";
import { received, shortened } from "./validation.ts";
import { RETRY_STEP_FORM, TIMEOUT_FORM, type WebhookChangesBody } from "./webhook-schemas.ts";
import { webhookView } from "./webhook-view.ts";

type Given = Static<typeof WebhookChangesBody>;
type Headers = readonly (readonly [name: string, value: string])[];

export interface InputRules {
  readonly catalogue: Catalogue;
  readonly headerPrefix: string;
}

/** What a body means, and everything that is wrong with it beyond its form. Only without problems do the changes count. */
export interface WebhookInput {
  readonly changes: WebhookChanges;
  readonly problems: readonly ProblemDetail[];
}

/**
 * Reads the fields of a webhook that a client gives.
 *
 * @param stored the webhook to be changed, or null when one is to be made
 */
export function webhookInput(given: Given, stored: Webhook | null, rules: InputRules): WebhookInput {
  const headers = given.headers === undefined ? undefined : headersOf(given.headers, stored);
  return {
    changes: { ...changesOf(given, headers), ...madeOf(given, stored) },
    problems: [
      ...subscriptionProblems(given.events ?? [], rules.catalogue),
      ...secretProblems(given.secret),
      ...scheduleProblems(given.retry_schedule ?? []),
      ...timeoutProblems(given.timeout),
      ...headerProblems(headers ?? [], rules.headerPrefix),
      ...(stored === null ? [] : readOnlyProblems(given, stored)),
    ],
  };
}

function changesOf(given: Given, headers: Headers | undefined): WebhookChanges {
  const { url, events, secret, active, description, retry_schedule: schedule, timeout } = given;
  return {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events: [...new Set(events)] }),
    ...(secret !== undefined && { secret }),
    ...(active !== undefined && { active }),
    ...(description !== undefined && { description }),
    ...(schedule !== undefined && { retryScheduleMs: schedule?.map(millisOf) ?? null }),
    ...(timeout !== undefined && { timeoutMs: timeout === null ? null : millisOf(timeout) }),
    ...(headers !== undefined && { headers }),
  };
}

/** A text that is no duration has its problem already. */
function millisOf(text: string): Millis {
  return parseDuration(text) ?? 0;
}

/** A masked value stands for the one that is stored under its name: what was read may be written again. */
function headersOf(given: Readonly<Record<string, string>>, stored: Webhook | null): Headers {
  const known = new Map(stored?.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return Object.entries(given).map(([name, value]) => {
    const kept = known.get(name.toLowerCase());
    return [name, kept !== undefined && isMasked(value) ? kept : value] as const;
  });
}

/** What stands behind a mask has to be the same still when the change is done. */
function madeOf({ headers = {} }: Given, stored: Webhook | null): Pick<WebhookChanges, "headersBefore"> {
  return stored !== null && Object.values(headers).some(isMasked) ? { headersBefore: stored.headers } : {};
}

function subscriptionProblems(events: readonly string[], catalogue: Catalogue): ProblemDetail[] {
  return events.flatMap((pattern, index) => {
    const message = subscriptionProblem(catalogue, pattern);
    return message === null ? [] : [{ path: `/events/${index}`, message, ...received(pattern) }];
  });
}

function secretProblems(secret: string | undefined): ProblemDetail[] {
  const message = secret === undefined ? null : secretProblem(secret);
  return message === null ? [] : [{ path: "/secret", message }];
}

function scheduleProblems(steps: readonly string[]): ProblemDetail[] {
  return steps.flatMap((step, index) =>
    isWithin(step, RETRY_STEP_MIN_MS, RETRY_STEP_MAX_MS)
      ? []
      : [{ path: `/retry_schedule/${index}`, message: `Must be ${RETRY_STEP_FORM}.`, ...received(step) }],
  );
}

function timeoutProblems(text: string | null | undefined): ProblemDetail[] {
  if (text === null || text === undefined || isWithin(text, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS)) return [];
  return [{ path: "/timeout", message: `Must be ${TIMEOUT_FORM}.`, ...received(text) }];
}

function isWithin(duration: string, least: Millis, most: Millis): boolean {
  const ms = parseDuration(duration);
  return ms !== null && ms >= least && ms <= most;
}

function headerProblems(headers: Headers, headerPrefix: string): ProblemDetail[] {
  const masked = headers.filter(([, value]) => isMasked(value));
  if (masked.length > 0) {
    const message = "This is a masked value. Send it whole.";
    return masked.map(([name]) => ({ path: pointer("headers", name), message }));
  }
  const problem = customHeaderProblem(headers, headerPrefix);
  if (problem === null) return [];
  return [{ path: problem.name === null ? "/headers" : pointer("headers", problem.name), message: problem.message }];
}

/** RFC 6901, as much of it as may stand in an answer. */
function pointer(...keys: readonly string[]): string {
  return shortened(keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
}

const READ_ONLY = ["id", "disabled_reason", "createdAt", "updatedAt"] as const;

function readOnlyProblems(given: Given, stored: Webhook): ProblemDetail[] {
  const view = webhookView(stored);
  return READ_ONLY.filter((name) => given[name] !== undefined && given[name] !== view[name]).map((name) => ({
    path: `/${name}`,
    message: "This field is read-only. Leave it away, or send it as it is stored.",
    ...received(given[name]),
  }));
}
