import { type JsonBounds, JsonScanner, Refusal, type ScanProblem } from "./json-scanner.ts";

/** What `scanObject` found. Positions count UTF-16 units from 0; lines and columns count from 1, columns in characters. */
export type Scan =
  | {
      readonly ok: true;
      /** The members of the outermost object: each key unescaped, with the text of its value exactly as it came. */
      readonly members: ReadonlyMap<string, string>;
      /** Keys given more than once, unescaped. Of their values the last one counts, as for `JSON.parse`. */
      readonly duplicates: ReadonlySet<string>;
    }
  | {
      readonly ok: false;
      readonly problem: ScanProblem;
      readonly position: number;
      readonly line: number;
      readonly column: number;
      /** One sentence for a person, with line and column. */
      readonly message: string;
    };

/**
 * Reads a JSON object without turning its values into anything: the slices are what the client sent, to the character.
 *
 * What is within the bounds is accepted exactly when `JSON.parse` accepts it (RFC 8259) and it is an object. It
 * recurses nowhere and gives up at the first bracket too many, so nesting costs neither stack nor memory.
 *
 * @param text decoded strictly; a byte order mark at its start is a syntax error
 */
export function scanObject(text: string, bounds: JsonBounds): Scan {
  try {
    const scanner = new JsonScanner(text, bounds);
    scanner.scan();
    return {
      ok: true,
      members: scanner.members,
      duplicates: scanner.repeated.length === 0 ? NONE : new Set(scanner.repeated),
    };
  } catch (refusal) {
    if (refusal instanceof Refusal) return explain(text, refusal);
    throw refusal;
  }
}

const NONE: ReadonlySet<string> = new Set();

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function explain(text: string, { problem, position, message }: Refusal): Scan {
  const { line, column } = locate(text, position);
  return { ok: false, problem, position, line, column, message: `${message} at line ${line}, column ${column}.` };
}

/** A line ends as editors end it: with a line feed, a carriage return, or both. A pair of surrogates is one character. */
function locate(text: string, position: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let column = 1;
  for (let at = 0; at < position; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || (code === CARRIAGE_RETURN && text.charCodeAt(at + 1) !== LINE_FEED)) {
      line++;
      column = 1;
    } else if (!isSecondOfPair(code)) column++;
  }
  return { line, column };
}

function isSecondOfPair(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
