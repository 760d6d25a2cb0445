import type { TSchema } from "@sinclair/typebox";

/** A schema object of OpenAPI 3.0.3, or a reference to one. */
export type OpenApiSchema = Readonly<Record<string, unknown>>;

/**
 * The keyword by which a schema has the document say more than it judges itself: what somebody else judges, in words of
 * their own, or TypeBox in another way. JSON Schema counts characters, TypeBox UTF-16 code units.
 */
export const TOLD = "x-told";

/**
 * TypeBox writes JSON Schema; OpenAPI 3.0.3 has a dialect of its own: no `const`, no `null` type.
 *
 * @param names of the schemas that stand under `components` and are referred to
 */
export function openApiSchema(schema: TSchema, names: ReadonlyMap<TSchema, string>): OpenApiSchema {
  const name = names.get(schema);
  return name === undefined ? inline(schema, names) : { $ref: `#/components/schemas/${name}` };
}

/** The schema itself, also of one that has a name. */
export function inline(schema: TSchema, names: ReadonlyMap<TSchema, string>): OpenApiSchema {
  const { anyOf, const: constant, properties, items, additionalProperties, [TOLD]: told, ...rest } = schema;
  if (Array.isArray(anyOf)) return union(anyOf, rest, names);
  const converted: Record<string, unknown> = { ...rest, ...told };
  if (constant !== undefined) converted["enum"] = [constant];
  if (properties !== undefined) converted["properties"] = mapped(properties, names);
  if (items !== undefined) converted["items"] = openApiSchema(items, names);
  if (additionalProperties !== undefined) converted["additionalProperties"] = additional(additionalProperties, names);
  return converted;
}

function mapped(properties: Readonly<Record<string, TSchema>>, names: ReadonlyMap<TSchema, string>): OpenApiSchema {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, openApiSchema(schema, names)]));
}

function additional(schema: boolean | TSchema, names: ReadonlyMap<TSchema, string>): unknown {
  return typeof schema === "boolean" ? schema : openApiSchema(schema, names);
}

/** Of words, of one schema and null, or of several schemas. `nullable` counts only beside a `type`, and not for an `enum`. */
function union(members: readonly TSchema[], rest: object, names: ReadonlyMap<TSchema, string>): OpenApiSchema {
  const flat = members.flatMap(alternatives);
  const others = flat.filter(({ type }) => type !== "null");
  const isNullable = others.length < flat.length;
  const nullable = isNullable ? { nullable: true } : {};
  const words: unknown[] = others.map((member) => member["const"]);
  const isOfWords = words.every((word) => word !== undefined);
  if (isOfWords) return { type: "string", enum: isNullable ? [...words, null] : words, ...nullable, ...rest };
  const schemas = others.map((member) => ({ ...openApiSchema(member, names), ...nullable }));
  return { ...(schemas.length === 1 ? schemas[0] : { anyOf: schemas }), ...rest };
}

function alternatives(schema: TSchema): readonly TSchema[] {
  const { anyOf } = schema;
  return Array.isArray(anyOf) ? anyOf.flatMap(alternatives) : [schema];
}
