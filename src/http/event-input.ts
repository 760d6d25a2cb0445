import { wireBody } from "../domain/event.ts";
import { newId } from "../domain/ids.ts";
import { Problem, type ProblemDetail, validationFailed } from "../domain/problem.ts";
import type { NewEvent } from "../store/contract.ts";
import { EVENT_ID_FORM, IDEMPOTENCY_KEY } from "./event-schemas.ts";
import { typeProblems } from "./event-type-check.ts";
import type { HttpParts } from "./parts.ts";
import type { Members } from "./request-body.ts";
import { received } from "./validation.ts";

export interface GivenEvent {
  readonly type: string;
  readonly id?: string;
}

export type EventInputParts = Pick<HttpParts, "clock" | "random" | "settings" | "now">;

/**
 * The event that a request posts, its body built once for all attempts.
 *
 * @param members hold the text of `data`, which nobody has read or written since it came in
 * @throws Problem 422 or (one of our own deliveries came back) 409
 */
export function eventInput(
  given: GivenEvent,
  members: Members,
  headers: Headers,
  tenant: string,
  parts: EventInputParts,
): NewEvent {
  const { clock, random, settings, now } = parts;
  refuseLoop(headers, settings.headerPrefix);
  const key = headers.get("idempotency-key");
  refuse(typeProblems("/type", given.type, settings.catalogue), keyProblems(key));
  const at = clock.wall();
  const { type } = given;
  const { apiVersion } = settings;
  const createdAt = wholeSecond(at);
  const id = given.id ?? key?.replaceAll('"', "") ?? newId("event", at, random.bytes(10));
  const body = wireBody({ id, type, createdAt, apiVersion }, members.get("data") ?? "{}");
  const firstDeliveryId = newId("delivery", at, random.bytes(10));
  return { tenant, id, type, createdAt, apiVersion, body, firstDeliveryId, dueAt: now() };
}

function wholeSecond(at: number): number {
  return at - (at % 1_000);
}

/** A receiver that posts what it gets back to us would go on for ever. */
function refuseLoop(headers: Headers, headerPrefix: string): void {
  if (!headers.has(`${headerPrefix}Delivery`)) return;
  throw new Problem(
    "loop_detected",
    `The request bears ${headerPrefix}Delivery: it is one of Posthorn's own deliveries.`,
  );
}

/** Also of a key that the body's own id makes needless. */
function keyProblems(key: string | null): ProblemDetail[] {
  if (key === null || IDEMPOTENCY_KEY.test(key)) return [];
  return [{ path: "Idempotency-Key", message: `Must be ${EVENT_ID_FORM}.`, ...received(key) }];
}

function refuse(ofType: readonly ProblemDetail[], ofId: readonly ProblemDetail[]): void {
  if (ofType.length > 0 || ofId.length > 0) throw validationFailed([...ofType, ...ofId]);
}
