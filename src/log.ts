import { neutral } from "./domain/neutral-text.ts";
import { maskTokens, mayHoldToken } from "./domain/token-mask.ts";
import type { Millis } from "./world.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One line per fact: a sentence, and what belongs to it as fields. Payloads and bodies are never logged. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Gets one whole line with its newline. */
  readonly write: (line: string) => void;
  readonly wall: () => Millis;
}

/** A log whose every call is at most one line, whatever the texts contain, and shows no key or webhook secret. */
export function createLog({ level: least, format, write, wall }: LogOptions): Log {
  const { fieldsText, line } = format === "json" ? JSON_LINES : TEXT_LINES;
  const timeText = stamp(wall);
  const from = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return () => {};
    return (message: string, fields: LogFields = {}) => {
      const text = fieldsText(fields);
      // Hardly any line has something to mask, so it is looked for in all of its fields together, and only then in each.
      const isClean = !mayHoldToken(text) && !hasSecretName(fields);
      const shown = neutral(isClean ? text : fieldsText(redacted(fields)));
      write(line(timeText(), level, maskTokens(message), shown));
    };
  };
  return { debug: from("debug"), info: from("info"), warn: from("warn"), error: from("error") };
}

/** The time as text. A busy log has many lines of the same millisecond. */
function stamp(wall: () => Millis): () => string {
  let at: Millis | null = null;
  let text = "";
  return () => {
    const now = wall();
    if (now !== at) text = new Date(now).toISOString();
    at = now;
    return text;
  };
}

interface LineFormat {
  fieldsText(fields: LogFields): string;
  /** @param fields what `fieldsText` made, neutral */
  line(time: string, level: LogLevel, message: string, fields: string): string;
}

const JSON_LINES: LineFormat = {
  fieldsText: (fields) => JSON.stringify(hasOwnName(fields) ? withoutOwnNames(fields) : fields),
  line: (time, level, message, fields) =>
    `{"time":"${time}","level":"${level}","message":${neutral(JSON.stringify(message))}${fields === "{}" ? "" : ","}${fields.slice(1)}\n`,
};

function hasOwnName(fields: LogFields): boolean {
  return "message" in fields || "level" in fields || "time" in fields;
}

/** The line's own facts are not to be replaced. */
function withoutOwnNames({ time, level, message, ...others }: LogFields): LogFields {
  return others;
}

const TEXT_LINES: LineFormat = {
  fieldsText: (fields) =>
    Object.entries(fields)
      .map(([name, value]) => ` ${bare(name)}=${bare(value)}`)
      .join(""),
  line: (time, level, message, fields) => `${time} ${level.toUpperCase().padEnd(5)} ${neutral(message)}${fields}\n`,
};

const PLAIN = /^[^\s"=]+$/;

function bare(value: string | number | boolean | null): string {
  return typeof value === "string" && !PLAIN.test(value) ? JSON.stringify(value) : String(value);
}

const SECRET_NAME = /secret|password|authorization|cookie|token|^key$|_key$/i;

function redacted(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      return [name, isSecretName(name) ? "***" : maskTokens(value)];
    }),
  );
}

function hasSecretName(fields: LogFields): boolean {
  for (const name in fields) if (isSecretName(name)) return true;
  return false;
}

/** What was found of each name so far: they stand in the code, so there are few. */
const secretNames = new Map<string, boolean>();

function isSecretName(name: string): boolean {
  const known = secretNames.get(name);
  if (known !== undefined) return known;
  const isSecret = SECRET_NAME.test(name);
  secretNames.set(name, isSecret);
  return isSecret;
}
