import { type Static, type TObject, Type } from "@sinclair/typebox";
import { Problem, type ProblemDetail, validationFailed } from "../domain/problem.ts";
import { REQUEST_BODY_MAX_BYTES } from "../limits.ts";
import { type Members, readMembers } from "./request-body.ts";
import { validator } from "./validation.ts";

/** What a route takes as its body: one JSON object. */
export interface BodyRule<Schema extends TObject = TObject> {
  readonly schema: Schema;
  readonly maxBytes?: number;
  /** What to do about a longer one. */
  readonly tooLargeHint?: string;
  /** No body at all is then the same as `{}`. */
  readonly isOptional?: true;
  /** A field whose object is not read at all: the handler takes its text from `members`. */
  readonly verbatim?: string;
  /** What the handler will ask of those fields whose form is right, so that a body with wrong forms is told all at once. */
  alsoAsks?(sound: Partial<Static<Schema>>): readonly ProblemDetail[];
}

export interface Body<Value> {
  readonly body: Value;
  /** The texts of the body's values, as they came. */
  readonly members: Members;
}

/** The schema of a route that takes nothing. */
export const NOTHING = Type.Object({}, { additionalProperties: false });

/**
 * Reads bodies as a rule describes them. Without a rule, the body is left alone.
 *
 * @returns a function that throws Problem with every field that is not as it must be
 */
export function bodyReader<Schema extends TObject>(
  rule: BodyRule<Schema> | undefined,
): (request: Request) => Promise<Body<Static<Schema>>> {
  // Where there is no rule, the compiler infers Schema from nothing: the empty object.
  const schema = (rule?.schema ?? NOTHING) as Schema;
  const judge = validator(schema);
  return async (request) => {
    const members = rule === undefined ? NO_MEMBERS : await membersFor(rule, request);
    const body = objectOf(members, rule?.verbatim);
    if (judge.accepts(body)) return { body, members };
    const problems = judge.problems(body);
    throw validationFailed([...problems, ...(rule?.alsoAsks?.(without(problems, body)) ?? [])]);
  };
}

/** The fields that nothing is wrong with. */
function without(problems: readonly ProblemDetail[], body: object): object {
  const wrong = new Set(problems.map(({ path }) => path.split("/")[1]));
  return Object.fromEntries(Object.entries(body).filter(([name]) => !wrong.has(name)));
}

const NO_MEMBERS: Members = new Map();

async function membersFor(rule: BodyRule, request: Request): Promise<Members> {
  const members = await readMembers(request, rule.maxBytes ?? REQUEST_BODY_MAX_BYTES, rule.tooLargeHint);
  if (members !== null) return members;
  if (rule.isOptional === true) return NO_MEMBERS;
  throw new Problem("invalid_json", "The body is empty, and a JSON object is expected.");
}

/** Keys become plain properties, `__proto__` too. */
function objectOf(members: Members, verbatim: string | undefined): object {
  const values = [...members].map(([key, text]) => [key, key === verbatim ? kindOnly(text) : JSON.parse(text)]);
  return Object.fromEntries(values);
}

/** Enough for a schema to tell an object from anything else. */
function kindOnly(text: string): unknown {
  return text.startsWith("{") ? {} : JSON.parse(text);
}
