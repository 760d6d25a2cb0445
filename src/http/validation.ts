import type { Static, TObject, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import type { ProblemDetail } from "../domain/problem.ts";
import { didYouMean } from "../domain/suggestion.ts";
import { BODY_FIELDS_MAX, DETAILS_MAX, RECEIVED_MAX_CHARACTERS } from "../limits.ts";
import { expectation, kindOf, kindsOf } from "./expectation.ts";

/** A schema that is ready to judge values, and to say of each field in turn what is wrong with it. */
export interface Validator<Value> {
  accepts(value: unknown): value is Value;
  /**
   * One detail a field, in the schema's order, the first `DETAILS_MAX` of them in words, and none beyond `BODY_FIELDS_MAX`;
   * empty when the value is accepted.
   */
  problems(value: unknown): ProblemDetail[];
}

/** @param prefix of the details' paths: `/` for a body, `?` for a query */
export function validator<Schema extends TObject>(
  schema: Schema,
  prefix: keyof typeof WHAT = "/",
): Validator<Static<Schema>> {
  const check: TypeCheck<Schema> = TypeCompiler.Compile(schema);
  return {
    accepts: (value): value is Static<Schema> => check.Check(value),
    problems: (value) => details(check.Errors(value), schema, prefix),
  };
}

/** What may be shown of a value that came in: scalars, shortened. Nothing of a whole array or object. */
export function received(value: unknown): Pick<ProblemDetail, "received"> {
  if (typeof value === "string") return { received: shortened(value) };
  const isScalar = value === null || typeof value === "number" || typeof value === "boolean";
  return isScalar ? { received: value } : {};
}

function details(errors: Iterable<ValueError>, schema: TObject, prefix: keyof typeof WHAT): ProblemDetail[] {
  const found = new Map<string, ProblemDetail>();
  for (const error of precise(errors)) {
    // A missing field is also reported as one of the wrong type: the first error of a field is the one to tell.
    if (found.has(error.path)) continue;
    const isShown = found.size < DETAILS_MAX;
    found.set(error.path, isShown ? detail(error, schema, prefix) : counted(error, prefix));
    // A list may be as long as the body, with something wrong in each of its items.
    if (found.size === BODY_FIELDS_MAX) break;
  }
  return [...found.values()];
}

/** Of a list that may also be null, what its items lack: that it is neither a list nor null would be no help. */
function* precise(errors: Iterable<ValueError>): Iterable<ValueError> {
  for (const error of errors) {
    const members: readonly TSchema[] = error.type === ValueErrorType.Union ? error.schema["anyOf"] : [];
    const list = Array.isArray(error.value) ? members.findIndex(({ type }) => type === "array") : -1;
    yield* error.errors[list] ?? [error];
  }
}

/** Nobody reads what comes after the details that are shown, and a body may be made of nothing else. */
function counted({ path }: ValueError, prefix: keyof typeof WHAT): ProblemDetail {
  return { path: shortened(prefix + path.slice(1)), message: "" };
}

function detail(error: ValueError, schema: TObject, prefix: keyof typeof WHAT): ProblemDetail {
  const field = error.path.split("/")[1] ?? "";
  const known = schema.properties[field];
  // What nobody knows may be the secret, mistyped or in the wrong place.
  const mayBeSecret = known === undefined || known["writeOnly"] === true;
  const path = shortened(prefix + error.path.slice(1));
  return { path, message: sentence(error, schema, WHAT[prefix]), ...(mayBeSecret ? {} : received(error.value)) };
}

const WHAT = { "/": "field", "?": "parameter" } as const;

function sentence(error: ValueError, schema: TObject, what: string): string {
  switch (error.type) {
    case ValueErrorType.ObjectRequiredProperty:
      return `This ${what} is required: ${expectation(error.schema)}.`;
    case ValueErrorType.ObjectAdditionalProperties:
      return `There is no ${what} of this name.${didYouMean(error.path.slice(1), Object.keys(schema.properties))}`;
    case ValueErrorType.ArrayMaxItems:
    case ValueErrorType.ArrayMinItems:
      return `Must be ${expectation(error.schema)}, not one of ${lengthOf(error.value)}.`;
    case ValueErrorType.StringMaxLength:
    case ValueErrorType.StringMinLength:
      return `Must be ${expectation(error.schema)}, not one of ${lengthOf(error.value)} characters.`;
    default:
      return `Must be ${expectation(error.schema)}${contrast(error, what)}.`;
  }
}

/** Worth saying only when a value is of another kind altogether; in a URL everything is text. */
function contrast({ schema, value }: ValueError, what: string): string {
  const kind = kindOf(value);
  return what === "parameter" || kindsOf(schema).includes(kind) ? "" : `, not ${kind}`;
}

function lengthOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

/** A stranger's text, as much of it as may stand in an answer. */
export function shortened(text: string): string {
  return text.length <= RECEIVED_MAX_CHARACTERS ? text : `${text.slice(0, RECEIVED_MAX_CHARACTERS)}…`;
}
