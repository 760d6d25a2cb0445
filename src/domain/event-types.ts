import { EVENT_TYPE_MAX_CHARACTERS } from "../limits.ts";
import { SMARTCV_SAMPLES } from "./smartcv-samples.ts";
import { didYouMean } from "./suggestion.ts";
import { covers } from "./webhook.ts";

export interface EventType {
  /** See `isEventTypeName`. */
  readonly name: string;
  readonly description: string;
  /** What `data` looks like; sent by tests. */
  readonly sample: Readonly<Record<string, unknown>>;
}

/** The types that the app may post. `any`: every legal name. */
export type Catalogue = readonly EventType[] | "any";

/** The ten of the specification, in its words (SmartCV: Supported Events). */
export const SMARTCV_EVENT_TYPES: readonly EventType[] = [
  smartcv("resume.created", "Resume created"),
  smartcv("resume.updated", "Resume updated"),
  smartcv("resume.deleted", "Resume deleted"),
  smartcv("resume.shared", "Resume shared"),
  smartcv("resume.exported", "Resume exported"),
  smartcv("user.registered", "User registered"),
  smartcv("user.subscription_changed", "Subscription status changed"),
  smartcv("user.profile_updated", "User profile updated"),
  smartcv("ai.analysis_completed", "AI analysis completed"),
  smartcv("ai.content_generated", "AI content generation completed"),
];

function smartcv(name: keyof typeof SMARTCV_SAMPLES, description: string): EventType {
  return { name, description, sample: SMARTCV_SAMPLES[name] };
}

/** Whatever its length; see `isEventTypeName`. */
export const EVENT_TYPE_NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
/** The same in words that follow "an event type is". */
export const EVENT_TYPE_FORM = `made of A-Z, a-z, 0-9, _ and -, in parts joined by dots, at most ${EVENT_TYPE_MAX_CHARACTERS} characters`;

/**
 * Whether `text` can be an event type at all: labels of ASCII letters, digits, `_` and `-`, joined by dots, at most 100
 * characters. Case matters, and upper case is legal because an app with a catalogue of its own brings its own names.
 */
export function isEventTypeName(text: string): boolean {
  return text.length <= EVENT_TYPE_MAX_CHARACTERS && EVENT_TYPE_NAME.test(text);
}

/** Whether the app may post events of this type. */
export function knows(catalogue: Catalogue, name: string): boolean {
  return catalogue === "any" ? isEventTypeName(name) : catalogue.some((type) => type.name === name);
}

const EVERYTHING = "*";
const BELOW = ".*";

/**
 * Why a webhook cannot subscribe to `pattern`, as a sentence, or null. A pattern is an exact type, `resume.*` (everything
 * below, at any depth) or `*`; one that covers nothing in the catalogue would wait for ever.
 */
export function subscriptionProblem(catalogue: Catalogue, pattern: string): string | null {
  if (catalogue !== "any" && catalogue.some(({ name }) => covers(pattern, name))) return null;
  const suggestion = catalogue === "any" ? "" : didYouMean(pattern, patternsOf(catalogue));
  if (!isPattern(pattern)) {
    return `Must be an event type such as "resume.created", a group such as "resume.*", or "*"; a type is ${EVENT_TYPE_FORM}.${suggestion}`;
  }
  if (catalogue === "any") return null;
  return `No event type matches "${pattern}".${suggestion || " GET /api/event-types lists them all."}`;
}

function isPattern(text: string): boolean {
  if (text.length > EVENT_TYPE_MAX_CHARACTERS) return false;
  return text === EVERYTHING || EVENT_TYPE_NAME.test(text.endsWith(BELOW) ? text.slice(0, -BELOW.length) : text);
}

/** Every exact type and every group: what a mistyped pattern may have been meant to be. */
function patternsOf(catalogue: readonly EventType[]): readonly string[] {
  const names = catalogue.map(({ name }) => name);
  const groups = names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index) + BELOW));
  return [...new Set([...names, ...groups, EVERYTHING])];
}

const SAMPLE_OF_UNKNOWN = { message: "A test event from Posthorn." } as const;

/** The `data` that a test of this type sends. */
export function sampleOf(catalogue: Catalogue, name: string): Readonly<Record<string, unknown>> {
  const known = catalogue === "any" ? undefined : catalogue.find((type) => type.name === name);
  return known?.sample ?? SAMPLE_OF_UNKNOWN;
}

const TEST_LABEL = "test";
const TEST_TYPE = "posthorn.test";

/**
 * The event type of a webhook's test when none is named: of the catalogue, the first one that the first pattern covers.
 * Without a catalogue to choose from (or with one that lost these types) it is the first exact type, or else one made up
 * to match: `resume.test` for `resume.*`, `posthorn.test` for `*`.
 */
export function firstSubscribed(catalogue: Catalogue, patterns: readonly string[]): string {
  const names = catalogue === "any" ? [] : catalogue.map(({ name }) => name);
  const [known] = patterns.flatMap((pattern) => names.filter((name) => covers(pattern, name)));
  const exact = patterns.find((pattern) => !pattern.endsWith(EVERYTHING));
  const group = patterns.find((pattern) => pattern.endsWith(BELOW));
  return known ?? exact ?? (group === undefined ? TEST_TYPE : group.slice(0, -EVERYTHING.length) + TEST_LABEL);
}
