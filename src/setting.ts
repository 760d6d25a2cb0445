import { neutral } from "./domain/neutral-text.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "./domain/quantity.ts";
import type { Millis } from "./world.ts";

/** A value, or what the text must be instead: the end of the sentence "POSTHORN_… must be …". */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly mustBe: string };

/** `readFile` throws as `node:fs` does; only a setting that names a file uses it. */
export type Parse<Value> = (text: string, readFile: ReadFile) => Parsed<Value>;
export type ReadFile = (path: string) => string;

/** One line of the table that makes the parser, `posthorn config`, `--help` and the README's table. */
export interface Setting<Value> {
  readonly name: `POSTHORN_${string}`;
  /** What it is for: one line, no full stop. */
  readonly what: string;
  /** As an operator would write it, or a few words on what happens without it. */
  readonly default: string;
  /** The value of the default. */
  readonly fallback: Value;
  readonly example: string;
  readonly parse: Parse<Value>;
  /** Never shown, and not accepted as a flag: every user of a machine can read its command lines. */
  readonly secret?: true;
}

export function valid<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

export function invalid(mustBe: string): Parsed<never> {
  return { ok: false, mustBe };
}

/** The fields of a setting whose default is a text like any other. @throws when that text does not parse. */
export function defaultsTo<Value>(
  text: string,
  parse: Parse<Value>,
): Pick<Setting<Value>, "default" | "fallback" | "parse"> {
  const parsed = parse(text, refuseToRead);
  if (!parsed.ok) throw new Error(`the default ${text} must be ${parsed.mustBe}`);
  return { default: text, fallback: parsed.value, parse };
}

function refuseToRead(path: string): never {
  throw new Error(`a default reads no file: ${path}`);
}

/** Words separated by commas. `none` is the empty list, since an empty value counts as not set. */
export function list<Value>(entry: Parse<Value>, max: number): Parse<readonly Value[]> {
  return (text, readFile) => {
    const words = text === "none" ? [] : text.split(",").map((word) => word.trim());
    if (words.length > max) return invalid(`a list of at most ${max} entries`);
    const values: Value[] = [];
    for (const word of words) {
      const parsed = entry(word, readFile);
      if (!parsed.ok) return invalid(`a list with commas, each entry ${parsed.mustBe}; ${show(word)} is not`);
      values.push(parsed.value);
    }
    return valid(Object.freeze(values));
  };
}

/** A text as it may stand in a message: quoted, on one line, not endless. */
export function show(text: string): string {
  return neutral(JSON.stringify(text.length > SHOWN_MAX_CHARACTERS ? `${text.slice(0, SHOWN_MAX_CHARACTERS)}…` : text));
}

const SHOWN_MAX_CHARACTERS = 80;

export function integer(min: number, max: number): Parse<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? valid(value) : invalid(`a whole number from ${min} to ${max}`);
  };
}

export function duration(minMs: Millis, maxMs: Millis): Parse<Millis> {
  return quantity("a duration", parseDuration, formatDuration, minMs, maxMs);
}

export function size(minBytes: number, maxBytes: number): Parse<number> {
  return quantity("a size", parseSize, formatSize, minBytes, maxBytes);
}

function quantity(
  noun: string,
  read: (text: string) => number | null,
  show: (value: number) => string,
  min: number,
  max: number,
): Parse<number> {
  return (text) => {
    const value = read(text);
    if (value === null || value < min || value > max) return invalid(`${noun} from ${show(min)} to ${show(max)}`);
    return valid(value);
  };
}

export function oneOf<Word extends string>(...words: readonly Word[]): Parse<Word> {
  return (text) => {
    const word = words.find((each) => each === text.toLowerCase());
    return word === undefined ? invalid(`one of ${words.join(", ")}`) : valid(word);
  };
}
