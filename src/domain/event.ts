import type { Millis } from "../world.ts";

/** What the app posted. Immutable; unique by (tenant, id). */
export interface Event {
  readonly tenant: string;
  /** The wire id: `event_…` or the app's own. */
  readonly id: string;
  readonly type: string;
  /** Whole seconds, in milliseconds since 1970. */
  readonly createdAt: Millis;
  readonly apiVersion: string;
  /** The request body of every attempt, built once by `wireBody`. Its UTF-8 bytes are what is signed and sent. */
  readonly body: string;
}

type WireParts = Pick<Event, "id" | "type" | "createdAt" | "apiVersion">;

/**
 * The event as receivers read it, keys in the order of the specification, `data` spliced in untouched.
 *
 * @param data the text of the app's JSON object, as received (SmartCV: Payload Structure)
 */
export function wireBody(parts: WireParts, data: string): string {
  return head(parts) + data + tail(parts);
}

/** The bytes that the app posted as `data`, cut back out of a body that `wireBody` built from the same parts. */
export function dataOf(event: WireParts & Pick<Event, "body">): string {
  return event.body.slice(head(event).length, event.body.length - tail(event).length);
}

/** RFC 3339 UTC with whole seconds: the form of `created` in the specification. */
export function wholeSeconds(at: Millis): string {
  if (at !== LAST.at) {
    LAST.text = `${new Date(at).toISOString().slice(0, 19)}Z`;
    LAST.at = at;
  }
  return LAST.text;
}

/** Events come many to a second, and each is asked for its own twice: a Date costs more than all else that is written of it. */
const LAST = { at: Number.NaN, text: "" };

function head({ id, type, createdAt }: WireParts): string {
  const members = JSON.stringify({ id, type, created: wholeSeconds(createdAt) }).slice(0, -1);
  return `${members},"data":`;
}

function tail({ apiVersion }: WireParts): string {
  return `,"api_version":${JSON.stringify(apiVersion)}}`;
}
