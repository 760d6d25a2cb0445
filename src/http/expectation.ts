import type { TSchema } from "@sinclair/typebox";

/** The keyword by which a schema says in words what its pattern means; OpenAPI lets any `x-` keyword stand. */
export const FORM = "x-form";

/** What a schema accepts, in words that follow "Must be". */
export function expectation(schema: TSchema): string {
  const form: unknown = schema[FORM];
  if (typeof form === "string") return form;
  if (Array.isArray(schema["anyOf"])) return alternatives(schema["anyOf"]);
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  return (EXPECTATIONS[schema["type"]] ?? anything)(schema) + suchAs(schema["example"]);
}

/** What a JSON value is, in words. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "boolean") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The kinds that a schema accepts, in the same words. */
export function kindsOf(schema: TSchema): readonly string[] {
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].flatMap(kindsOf);
  return [KINDS[schema["type"]] ?? ""];
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a number",
  array: "an array",
  object: "an object",
  null: "null",
};

const EXPECTATIONS: Readonly<Record<string, (schema: TSchema) => string>> = {
  string: (schema) => `a string${bounds(schema["minLength"], schema["maxLength"], "characters")}`,
  integer: (schema) => `a whole number from ${schema["minimum"]} to ${schema["maximum"]}`,
  boolean: () => "true or false",
  array: (schema) => `an array${bounds(schema["minItems"], schema["maxItems"], "items")}`,
  object: () => "an object",
  null: () => "null",
};

function anything(): string {
  return "a JSON value";
}

function suchAs(example: unknown): string {
  return example === undefined ? "" : ` such as ${JSON.stringify(example)}`;
}

function bounds(least: unknown, most: unknown, what: string): string {
  if (typeof least === "number" && typeof most === "number") return ` of ${least} to ${most} ${what}`;
  return typeof most === "number" ? ` of at most ${most} ${what}` : "";
}

function alternatives(schemas: readonly TSchema[]): string {
  const words = schemas.map(expectation);
  const last = words.pop();
  return words.length === 0 ? String(last) : `${words.join(", ")} or ${last}`;
}
