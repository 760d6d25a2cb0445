import { SECRET_MAX_CHARACTERS } from "../limits.ts";
import type { Millis } from "../world.ts";

/** A receiver, as its owner configured it. `key` is the store's own number for the row and never leaves the process. */
export interface Webhook {
  readonly key: number;
  /** `webhook_…` */
  readonly id: string;
  readonly tenant: string;
  /** As given: kept and echoed to the byte. */
  readonly url: string;
  /** Exact types, `resume.*` or `*`; see `subscribes`. */
  readonly events: readonly string[];
  readonly secret: string;
  readonly active: boolean;
  /** Why it was turned off by itself: the receiver answered 410. */
  readonly disabledReason: "gone" | null;
  readonly description: string | null;
  /** Null: the configured default. */
  readonly retryScheduleMs: readonly Millis[] | null;
  readonly timeoutMs: Millis | null;
  /** The owner's own headers, in order, names as given. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** True once the guard let this very URL pass: a later refusal is then taken for an operator's mistake and retried. */
  readonly urlPassed: boolean;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly deletedAt: Millis | null;
}

/** Whether one of `patterns` covers `eventType`: `*` all, `resume.*` everything below `resume` at any depth, else equality. */
export function subscribes(patterns: readonly string[], eventType: string): boolean {
  return patterns.some((pattern) => covers(pattern, eventType));
}

/** Whether a single pattern covers `eventType`. */
export function covers(pattern: string, eventType: string): boolean {
  if (pattern === "*") return true;
  if (pattern.endsWith(".*")) return eventType.startsWith(pattern.slice(0, -1));
  return pattern === eventType;
}

const MASKED_PREFIX = "****";
const UNMASKED_TAIL = 4;
const PARTLY_SHOWN_MIN_CHARACTERS = 16;

/** What a reader without the right to the secret sees: its last 4 characters, or none of a secret under 16 characters. */
export function maskSecret(secret: string): string {
  const characters = [...secret];
  if (characters.length < PARTLY_SHOWN_MIN_CHARACTERS) return MASKED_PREFIX;
  return MASKED_PREFIX + characters.slice(-UNMASKED_TAIL).join("");
}

const MASKED = /^\*{4}(?:.{4})?$/su;

/** Whether a text is what `maskSecret` gives: kept by mistake, it would sign or authorise with nothing but asterisks. */
export function isMasked(text: string): boolean {
  return MASKED.test(text);
}

/** Why this cannot be a webhook's secret, as a sentence, or null. The sentence does not repeat it. */
export function secretProblem(secret: string): string | null {
  const characters = [...secret].length;
  if (characters === 0 || characters > SECRET_MAX_CHARACTERS) {
    return `A secret has 1 to ${SECRET_MAX_CHARACTERS} characters, and this one has ${characters}.`;
  }
  if (/\p{Cc}/u.test(secret)) return "A secret has no control characters, such as a line feed at its end.";
  // Not a character, so there are no UTF-8 bytes for it to sign with.
  if (!secret.isWellFormed())
    return "A secret consists of whole characters, and this one has half of a surrogate pair.";
  if (isMasked(secret))
    return "This is how a secret is shown, not the secret itself. Leave the field away to keep the stored one.";
  return null;
}
