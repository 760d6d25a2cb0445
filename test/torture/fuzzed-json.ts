import { NAUGHTY_STRINGS, NAUGHTY_VALUES } from "../support/naughty.ts";
import type { SeededRandom } from "../support/seeded-random.ts";

const STRINGS: readonly [string, ...string[]] = ["", ...NAUGHTY_STRINGS];
const VALUES: readonly [string, ...string[]] = ["null", ...NAUGHTY_VALUES];
const SIGNS: readonly [string, ...string[]] = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\0",
  "\ufeff",
  "//",
  "'",
  "0",
  "-",
  "e",
];

/** The text of a value in which here and there something stands that does not belong there. It is JSON nevertheless. */
export function written(value: unknown, random: SeededRandom): string {
  if (random.chance(0.15)) return random.chance(0.5) ? random.pick(VALUES) : JSON.stringify(random.pick(STRINGS));
  if (Array.isArray(value)) return `[${value.map((item) => written(item, random)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, inner]) => membersOf(key, inner, random));
  if (random.chance(0.1)) members.push(`${JSON.stringify(random.pick(STRINGS))}:${random.pick(VALUES)}`);
  return `{${members.join(",")}}`;
}

/** Mostly itself; sometimes missing, sometimes given twice. */
function membersOf(key: string, value: unknown, random: SeededRandom): string[] {
  const member = () => `${JSON.stringify(key)}:${written(value, random)}`;
  if (random.chance(0.08)) return [];
  return random.chance(0.05) ? [member(), member()] : [member()];
}

/** A text that may be JSON no more: cut off, or with a sign too many. */
export function brokenText(text: string, random: SeededRandom): string {
  const at = random.between(0, text.length);
  return random.chance(0.5) ? text.slice(0, at) : text.slice(0, at) + random.pick(SIGNS) + text.slice(at);
}
