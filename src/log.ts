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
  const render = format === "json" ? jsonLine : textLine;
  const at = (level: LogLevel) => (message: string, fields: LogFields) =>
    write(`${neutral(render(new Date(wall()).toISOString(), level, message, redacted(fields)))}\n`);
  const from = (level: LogLevel) => {
    const enabled = LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
    const line = at(level);
    return (message: string, fields: LogFields = {}) => (enabled ? line(redactedText(message), fields) : undefined);
  };
  return { debug: from("debug"), info: from("info"), warn: from("warn"), error: from("error") };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const own = { time, level, message };
  return JSON.stringify({ ...own, ...fields, ...own });
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${bare(name)}=${bare(value)}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}`;
}

const PLAIN = /^[^\s"=]+$/;

function bare(value: string | number | boolean | null): string {
  return typeof value === "string" && !PLAIN.test(value) ? JSON.stringify(value) : String(value);
}

/**
 * What would start a new line, move a terminal's cursor or turn its text around: C0, DEL, C1, half a surrogate pair, line
 * separators, bidi controls.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** JSON's own escapes, so that a JSON line stays the same JSON. */
function neutral(line: string): string {
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const SECRET_NAME = /secret|password|authorization|cookie|token|^key$|_key$/i;
/** The two kinds of secret that Posthorn itself makes: API keys and webhook secrets. */
const SECRET_TEXT = /\b(posthorn_[0-9A-Za-z]|whsec_[0-9A-Za-z+/])[0-9A-Za-z+/=]{8,}/g;

function redacted(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      return [name, SECRET_NAME.test(name) ? "***" : redactedText(value)];
    }),
  );
}

function redactedText(text: string): string {
  return text.replace(SECRET_TEXT, (found) => `${found.slice(0, found.indexOf("_") + 1)}***`);
}
