import { type Static, type TObject, Type } from "@sinclair/typebox";
import { EVENT_TYPE_FORM, EVENT_TYPE_NAME } from "../domain/event-types.ts";
import { type ProblemDetail, validationFailed } from "../domain/problem.ts";
import { CURSOR_MAX_CHARACTERS, EVENT_TYPE_MAX_CHARACTERS, PAGE_DEFAULT, PAGE_MAX } from "../limits.ts";
import { NOTHING } from "./body-rule.ts";
import { FORM } from "./expectation.ts";
import { shortened, type Validator, validator } from "./validation.ts";

/** The parameters that every list has. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT, description: "How many rows at most." }),
    ),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: CURSOR_MAX_CHARACTERS,
        description: "`page.next_cursor` of the page before, with the same filters. Without it: the newest rows.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** `event_type` of lists. It need not be in the catalogue: what was posted before the catalogue changed can still be found. */
export function eventTypeFilter(description: string) {
  return Type.String({
    maxLength: EVENT_TYPE_MAX_CHARACTERS,
    pattern: EVENT_TYPE_NAME.source,
    [FORM]: `one event type such as "resume.created", ${EVENT_TYPE_FORM}`,
    description,
  });
}

/**
 * Reads a URL's query as a schema describes it; without a schema, no parameter is known.
 *
 * @returns a function that throws Problem 422 with every parameter that is not as it must be
 */
export function queryReader<Schema extends TObject>(schema: Schema | undefined): (url: string) => Static<Schema> {
  // Where there is no schema, the compiler infers it from nothing: the empty object.
  const known = (schema ?? NOTHING) as Schema;
  const judge = validator(known, "?");
  return (url) => readQuery(url, known, judge);
}

function readQuery<Schema extends TObject>(url: string, schema: Schema, judge: Validator<Static<Schema>>) {
  const start = url.indexOf("?");
  const search = start === -1 ? "" : url.slice(start + 1);
  const values: Record<string, unknown> = {};
  const repeated: ProblemDetail[] = [];
  for (const [name, text] of search === "" ? [] : new URLSearchParams(search)) {
    if (Object.hasOwn(values, name))
      repeated.push({ path: shortened(`?${name}`), message: "This parameter is given twice." });
    define(values, name, schema.properties[name]?.["type"] === "integer" ? numberIn(text) : text);
  }
  if (repeated.length === 0 && judge.accepts(values)) return values;
  throw validationFailed([...repeated, ...judge.problems(values)]);
}

/** Also of `__proto__` it makes a plain property. */
function define(values: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}

const DIGITS = /^-?\d{1,15}$/;

/** Only plain digits are a number: not ``, ` 5`, `5.0`, `0x5` or `1e3`. */
function numberIn(text: string): number | string {
  return DIGITS.test(text) ? Number(text) : text;
}
