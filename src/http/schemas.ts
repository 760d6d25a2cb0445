import { type TLiteral, type TProperties, type TSchema, Type } from "@sinclair/typebox";
import { EVENT_TYPE_NAME } from "../domain/event-types.ts";
import { EVENT_TYPE_MAX_CHARACTERS } from "../limits.ts";
import { FORM } from "./expectation.ts";
import { INSTANT_FORM } from "./instant.ts";
import { TOLD } from "./openapi-schema.ts";

/** The pieces that all schemas are made of. Each describes itself: its unit, its form, what its absence means. */

export const CLOSED = { additionalProperties: false } as const;

export function record<Fields extends TProperties>(fields: Fields, description: string) {
  return Type.Object(fields, { ...CLOSED, description });
}

export function nullable<Schema extends TSchema>(schema: Schema, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

export function oneOf<const Words extends readonly string[]>(words: Words, description: string) {
  const literals: TLiteral<Words[number]>[] = words.map((word) => Type.Literal<Words[number]>(word));
  return Type.Union(literals, { description });
}

/** Ids as Posthorn makes them. */
export function id(prefix: string, description: string) {
  return Type.String({ description, example: `${prefix}_01jgb4rkz07wdbqzv3y2m6x8sc` });
}

export function instant(description: string) {
  return Type.String({ format: "date-time", description: `${description} RFC 3339, UTC, with milliseconds.` });
}

export function wholeSecondInstant(description: string) {
  return Type.String({ format: "date-time", description: `${description} RFC 3339, UTC, with whole seconds.` });
}

/** A time as a client gives it: any RFC 3339 form. Judged by `parseInstant`, so here it is a string. */
export function givenInstant(description: string) {
  return Type.String({
    [FORM]: INSTANT_FORM,
    [TOLD]: { format: "date-time" },
    description: `${description} RFC 3339, such as 2024-12-30T10:00:00Z.`,
  });
}

/** An event type as a client names it. Whether there is one of this name, the catalogue judges, and its form with it. */
export function givenEventType(description: string) {
  const form = { pattern: EVENT_TYPE_NAME.source, maxLength: EVENT_TYPE_MAX_CHARACTERS };
  return Type.String({ [TOLD]: form, example: "resume.created", description });
}

/** A duration as a client gives it. Judged by whoever knows its bounds; `form` says them in words that follow "Must be". */
export function givenDuration(form: string, description: string) {
  return Type.String({ [FORM]: form, [TOLD]: { pattern: DURATION.source }, description });
}

const DURATION = /^[1-9]\d*(ms|s|m|h|d)$/;

export function milliseconds(description: string) {
  return nullable(Type.Number({ minimum: 0 }), `${description} Milliseconds.`);
}

export function count(description: string) {
  return Type.Integer({ minimum: 0, description });
}

/** A string of a form; `form` says it in words that follow "Must be". */
export function formed(pattern: RegExp, form: string, description: string) {
  return Type.String({ pattern: pattern.source, [FORM]: form, description });
}

/** Names and values of headers. */
export function headerMap(description: string, options: { readonly writeOnly?: true } = {}) {
  const schema = Type.Object({}, { additionalProperties: Type.String(), description, ...options });
  return Type.Unsafe<Record<string, string>>(schema);
}
