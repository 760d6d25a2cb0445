import { type Static, type TObject, Type } from "@sinclair/typebox";
import { type ProblemDetail, validationFailed } from "../domain/problem.ts";
import type { BodyBounds, Members } from "./request-body.ts";
import { shortened, validator } from "./validation.ts";

/** What a route takes as its body: one JSON object. */
export interface BodyRule<Schema extends TObject = TObject> extends BodyBounds {
  readonly schema: Schema;
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
 * Judges bodies as a rule describes them. Without a rule, there is none.
 *
 * @returns a function of what `membersIn` found, which throws Problem with every field that is not as it must be
 */
export function bodyJudge<Schema extends TObject>(
  rule: BodyRule<Schema> | undefined,
): (members: Members) => Body<Static<Schema>> {
  // Where there is no rule, the compiler infers Schema from nothing: the empty object.
  const schema = (rule?.schema ?? NOTHING) as Schema;
  const judge = validator(schema);
  return (members) => {
    const body = objectOf(members, rule?.verbatim);
    const torn = tornFields(members, rule?.verbatim);
    if (torn.length === 0 && judge.accepts(body)) return { body, members };
    const problems = [...torn, ...judge.problems(body)];
    throw validationFailed([...problems, ...(rule?.alsoAsks?.(without(problems, body)) ?? [])]);
  };
}

/** Half of a surrogate pair can be written in JSON, but not in UTF-8: it would be kept as another text than was sent. */
function tornFields(members: Members, verbatim: string | undefined): ProblemDetail[] {
  const torn: ProblemDetail[] = [];
  for (const [name, text] of members) {
    // Bytes that are UTF-8 hold no such half, unless as an escape.
    if (name === verbatim || !text.includes("\\u") || isWhole(JSON.parse(text))) continue;
    torn.push({ path: shortened(`/${name}`), message: TORN });
  }
  return torn;
}

const TORN = "Must consist of whole characters, and this has half of a surrogate pair.";

function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value !== "object" || value === null || Object.entries(value).every((entry) => entry.every(isWhole));
}

/** The fields that nothing is wrong with. */
function without(problems: readonly ProblemDetail[], body: object): object {
  const wrong = new Set(problems.map(({ path }) => path.split("/")[1]));
  return Object.fromEntries(Object.entries(body).filter(([name]) => !wrong.has(name)));
}

/** Without a prototype, so that every key becomes a plain property, `__proto__` too. */
function objectOf(members: Members, verbatim: string | undefined): object {
  const values = Object.create(null);
  for (const [key, text] of members) values[key] = key === verbatim ? kindOnly(text) : JSON.parse(text);
  return values;
}

/** Enough for a schema to tell an object from anything else. */
function kindOnly(text: string): unknown {
  return text.startsWith("{") ? {} : JSON.parse(text);
}
